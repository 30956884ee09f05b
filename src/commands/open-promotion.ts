import { createHash } from 'node:crypto';
import { type Caller, caller } from '../aws/identity.ts';
import { createKeyGrants } from '../aws/promotion/key-grants.ts';
import { createPointers } from '../aws/promotion/pointers.ts';
import { createSiteImages } from '../aws/promotion/site-images.ts';
import { createSites, type Sites } from '../aws/sites.ts';
import { mapBounded } from '../model/bounded.ts';
import type { Channel, ResolvedTarget } from '../model/channel.ts';
import { BakeError, usage } from '../model/errors.ts';
import type { Emit } from '../model/events.ts';
import { type AccountId, nodeId } from '../model/ids.ts';
import { type Config, type Image, instanceProfileOf } from '../model/image.ts';
import type { KnownImage } from '../model/known-image.ts';
import type { ChannelMove, Site, Source } from '../model/promotion.ts';
import { isPerChannel } from '../model/region-config.ts';
import { TAG } from '../model/tags.ts';
import { wantedOf } from '../plan/promotion/wanted.ts';
import type { Images } from '../run/effects.ts';
import type { PromoteEffects } from '../run/promote/effects.ts';
import type { Promotion, TemplateContent } from '../run/promote/promotion.ts';
import type { SiteImages } from '../run/promote-effects.ts';
import type { StatePlace } from '../run/state/place.ts';
import { buildUserData } from './build-user-data.ts';
import { chooseChannels } from './choose-channels.ts';
import { systemClock } from './clock.ts';
import { type Connected, connect } from './connect.ts';
import type { CommandIo, CommonOptions } from './io.ts';
import { loadProject } from './load-project.ts';
import { openChannelStates, openState } from './open-state.ts';
import { orAborted } from './or-aborted.ts';
import { newRunId } from './run-id.ts';
import { selectImages } from './selection.ts';

/** Milliseconds: what was just made or shared is known everywhere by then, and a parameter is taken or refused. */
const VISIBLE = 60_000;
const ACCEPTED = 120_000;
/** AMIs whose permissions are read at a time. */
const MOST = 8;

/** A channel, an image, and the way to all accounts and regions. */
export interface OpenChannel {
  readonly config: Config;
  readonly connected: Connected;
  readonly channel: Channel;
  readonly image: Image;
  readonly targets: readonly ResolvedTarget[];
  readonly caller: Caller;
  /** Every AMI of the project in the build region, newest first. */
  readonly known: readonly KnownImage[];
  readonly images: Images;
  readonly sites: Sites;
  /** Where the image is baked. */
  readonly home: Site;
  readonly state: StatePlace | undefined;
  /** Without a lease. */
  readonly effects: PromoteEffects;
}

export interface ChannelRequest {
  readonly image: string;
  readonly channel: string | undefined;
}

/** Opens what a verb on one image and one channel needs. Throws `usage` where one of them is not known. */
export async function openChannel(
  { image, channel }: ChannelRequest,
  options: CommonOptions,
  io: CommandIo,
  emit: Emit,
): Promise<OpenChannel> {
  const [open] = await openChannels({ images: [image], channel }, options, io, emit);
  return open;
}

/** One for each image, in their order. They share their clients: whoever closes one has closed all. */
export async function openChannels(
  request: Omit<ChannelRequest, 'image'> & { readonly images: readonly string[] },
  options: CommonOptions,
  io: CommandIo,
  emit: Emit,
): Promise<readonly [OpenChannel, ...OpenChannel[]]> {
  const config = await loadProject(options, io);
  const [image, ...others] = selectImages(config, request.images);
  if (image === undefined) throw new Error('no image was selected');
  const channel = channelOf(config, request.channel);
  const connected = await connect(config, options, io, emit);
  const [{ ec2Client }, { createImages }] = await Promise.all([
    import('../aws/clients.ts'),
    import('../aws/images.ts'),
  ]);
  const { connection } = connected;
  const images = createImages(ec2Client(connection), connection);
  const [who, known] = await orAborted(io.signal, Promise.all([caller(connection), images.list(config.project)]));
  const targets = channel.targets.map((target) => ({ ...target, account: target.account ?? who.account }));
  const roles = new Map(targets.flatMap(({ account, role }) => (role === undefined ? [] : [[account, role] as const])));
  const principalOf = (account: AccountId) => roles.get(account) ?? `arn:aws:iam::${account}:root`;
  // STS takes 64 characters.
  const session = `bake-${channel.name}${others.length === 0 ? `-${image.name}` : ''}`.slice(0, 64);
  const sites = createSites({ connection, caller: who.account, roles, session, now: Date.now });
  const state = await orAborted(io.signal, openState(config, connected));
  const states = await orAborted(io.signal, openChannelStates(config, connected, images));
  const opened = new Map<string, SiteImages>();
  const waiting = { clock: systemClock, signal: io.signal, limit: VISIBLE };
  const siteImages = (site: Site): SiteImages => {
    const id = `${site.account}/${site.region}`;
    const there = opened.get(id) ?? createSiteImages(sites.at(site), waiting);
    opened.set(id, there);
    return there;
  };
  const open: OpenChannel = {
    config,
    connected,
    channel,
    image,
    targets,
    caller: who,
    known,
    images,
    sites,
    home: { account: who.account, region: config.region },
    state,
    effects: {
      images: siteImages,
      keyGrants: (site) => createKeyGrants(sites.at(site), principalOf),
      pointers: (target) => createPointers(target, sites.at(target), { clock: systemClock, limit: ACCEPTED }),
      states,
      lease: undefined,
      clock: systemClock,
      emit,
      signal: io.signal,
      pollSeconds: connected.pollSeconds,
    },
  };
  return [open, ...others.map((other) => ({ ...open, image: other }))];
}

function channelOf(config: Config, name: string | undefined): Channel {
  const [only, another] = chooseChannels(config, name);
  const channel = only === undefined ? undefined : config.channels.get(only);
  if (channel === undefined) throw new Error(`${name} was not chosen`);
  if (another === undefined) return channel;
  throw usage('the configuration has several channels', `Name one of ${[...config.channels.keys()].join(', ')}.`);
}

/** What a run of a verb adds. */
export interface PromotionOptions {
  readonly action: ChannelMove['action'];
  readonly approvedBy?: string | undefined;
}

type PromotedVersion = Pick<Promotion, 'version' | 'run'> & { readonly template: TemplateContent | undefined };

/** An image and the AMIs of one version of it. */
export interface Opened {
  readonly open: OpenChannel;
  readonly versions: readonly [KnownImage, ...KnownImage[]];
}

/** One version of the image on its way to the channel. Throws `image-not-found`. */
export async function openPromotion(opened: Opened, options: PromotionOptions): Promise<Promotion> {
  const [promotion] = await openPromotions([opened], options);
  return promotion;
}

/** As many, with one look at all that is promoted. */
export async function openPromotions(
  [opened, ...others]: readonly [Opened, ...Opened[]],
  options: PromotionOptions,
): Promise<readonly [Promotion, ...Promotion[]]> {
  const { effects, home } = opened.open;
  const versions = [opened, ...others].flatMap((one) => one.versions);
  const sources = await sourcesOf(effects.images(home), versions);
  const run = newRunId(effects.clock.now());
  const promotionOf = async ({ open, versions: [{ version }] }: Opened): Promise<Promotion> => {
    const template = await templateOf(open);
    const own = sources.filter(({ image }) => image === open.image.name);
    return promotionFrom(open, own, { ...options, version, template, run });
  };
  return Promise.all([promotionOf(opened), ...others.map(promotionOf)]);
}

function promotionFrom(
  { config, channel, image, targets, caller: who }: OpenChannel,
  sources: readonly Source[],
  { action, approvedBy, version, template, run }: PromotionOptions & PromotedVersion,
): Promotion {
  return {
    project: config.project,
    channel,
    action,
    image: image.name,
    version,
    targets,
    wanted: wantedOf(channel, targets, sources),
    ...(template === undefined ? {} : { template }),
    by: who.arn,
    ...(approvedBy === undefined ? {} : { approvedBy }),
    run,
  };
}

async function sourcesOf(images: SiteImages, versions: readonly KnownImage[]): Promise<readonly Source[]> {
  const imageIds = versions.map(({ imageId }) => imageId);
  const found = await images.find({ copiesOf: [], names: [], imageIds });
  return mapBounded(versions, MOST, async ({ image, version, architecture, imageId }) => {
    const ami = found.find((one) => one.imageId === imageId);
    if (ami === undefined) throw sourceGone(imageId);
    return { id: nodeId(image, architecture), image, version, architecture, ami: await images.withPermissions(ami) };
  });
}

/** What launch templates of the channel start instances with. */
async function templateOf({ config, channel, image, effects }: OpenChannel): Promise<TemplateContent | undefined> {
  if (channel.pointers.launchTemplate === undefined) return undefined;
  const userData = await userDataOf(config, image, channel, effects.signal);
  const instanceProfile = instanceProfileOf(image);
  return {
    userData: userData ?? Buffer.alloc(0),
    ...(instanceProfile === undefined ? {} : { instanceProfile }),
    tags: { ...image.tags, [TAG.project]: config.project, [TAG.image]: image.name },
  };
}

/** What instances of the image start with in that channel; undefined: nothing. */
export async function userDataOf(config: Config, image: Image, { name }: Channel, signal: AbortSignal) {
  const { regionConfig } = image;
  const channel = regionConfig !== undefined && isPerChannel(regionConfig) ? name : undefined;
  return (await buildUserData({ config, image, channel, standalone: false, signal }))?.bytes;
}

export const digestOf = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

const sourceGone = (imageId: string): BakeError =>
  new BakeError({
    code: 'image-not-found',
    message: `${imageId} is not there any more`,
    hint: 'bake list shows the images that there are.',
    blame: 'user',
  });
