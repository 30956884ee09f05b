import { caller as findCaller } from '../aws/identity.ts';
import { createPruneSite } from '../aws/prune/prune-site.ts';
import { createSites } from '../aws/sites.ts';
import { readLock } from '../config/lock.ts';
import { targetId } from '../model/channel.ts';
import type { Emit } from '../model/events.ts';
import type { Config } from '../model/image.ts';
import type { Site } from '../model/promotion.ts';
import type { Images } from '../run/effects.ts';
import type { PruneRequest } from '../run/prune/look.ts';
import type { PruneEffects, PruneSite } from '../run/prune-effects.ts';
import { createChannelStates } from '../run/state/channel-states.ts';
import type { StatePlace } from '../run/state/place.ts';
import { createTaggedStates } from '../run/state/tagged-states.ts';
import { type Connected, connect } from './connect.ts';
import type { CommandIo, CommonOptions } from './io.ts';
import { loadProject } from './load-project.ts';
import { openState } from './open-state.ts';
import { orAborted } from './or-aborted.ts';
import { selectImages } from './selection.ts';

export interface OpenPrune {
  readonly config: Config;
  readonly request: PruneRequest;
  readonly state: StatePlace | undefined;
  /** Anew for each look: what one look has listed is no news to the next. */
  effects(): PruneEffects;
  close(): void;
}

/** The way to every account and region that the configuration names. */
export async function openPrune(
  names: readonly string[],
  options: CommonOptions,
  io: CommandIo,
  emit: Emit,
): Promise<OpenPrune> {
  const config = await loadProject(options, io);
  const selected = new Set(selectImages(config, names).map(({ name }) => name as string));
  const connected = await connect(config, options, io, emit);
  const { connection } = connected;
  const [{ ec2Client }, { createImages }] = await Promise.all([
    import('../aws/clients.ts'),
    import('../aws/images.ts'),
  ]);
  const images = createImages(ec2Client(connection), connection);
  const { account } = await orAborted(io.signal, findCaller(connection));
  const targets = new Map(
    [...config.channels.values()].map(({ name, targets: written }) => [
      name,
      written.map((target) => ({ ...target, account: target.account ?? account })),
    ]),
  );
  const all = [...targets.values()].flat();
  const roles = new Map(all.flatMap(({ account: of, role }) => (role === undefined ? [] : [[of, role] as const])));
  const sites = createSites({ connection, caller: account, roles, session: 'bake-prune', now: Date.now });
  const state = await orAborted(io.signal, openState(config, connected));
  const opened = new Map<string, PruneSite>();
  const at = (site: Site): PruneSite => {
    const there = opened.get(targetId(site)) ?? createPruneSite(site, () => sites.at(site));
    opened.set(targetId(site), there);
    return there;
  };
  return {
    config,
    request: {
      config,
      home: { account, region: config.region },
      targets,
      ...(names.length === 0 ? {} : { selected }),
      pinned: await pinnedAmis(config, connected),
      promoting: new Map(),
      signal: io.signal,
    },
    state,
    effects: () => {
      const states =
        state === undefined ? createTaggedStates(listedOnce(images), config.project) : createChannelStates(state);
      return { at, channelState: async (channel, image) => (await states.read(channel, image))?.state };
    },
    close: () => sites.close(),
  };
}

/** What all channels hold is read from one list. */
function listedOnce(images: Images): Images {
  let listed: ReturnType<Images['list']> | undefined;
  return {
    ...images,
    list: (project) => {
      listed ??= images.list(project);
      return listed;
    },
  };
}

/** Source AMIs may be of ours: of this project, or of another in the account. */
async function pinnedAmis(config: Config, { lockFile }: Connected): Promise<ReadonlySet<string>> {
  const written = [...config.images.values()].flatMap(({ origin }) =>
    origin.kind === 'base' && origin.source.by === 'id' ? [origin.source.id] : [],
  );
  if (lockFile === undefined) return new Set(written);
  const { sourceAmis } = await readLock(lockFile);
  const pins = Object.values(sourceAmis).flatMap((regions) => Object.values(regions).flatMap(Object.values));
  return new Set<string>([...written, ...pins.flatMap(({ imageId }) => imageId)]);
}
