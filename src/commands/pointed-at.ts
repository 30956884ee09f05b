import { callerAccount } from '../aws/identity.ts';
import { createPointers } from '../aws/promotion/pointers.ts';
import { createSiteImages } from '../aws/promotion/site-images.ts';
import { createSites } from '../aws/sites.ts';
import { BakeError, usage } from '../model/errors.ts';
import { type AmiId, type Architecture, parseAmiId, type Region } from '../model/ids.ts';
import type { Config, Image } from '../model/image.ts';
import { fillPointer } from '../model/pointer-names.ts';
import { TAG } from '../model/tags.ts';
import { chooseChannels } from './choose-channels.ts';
import { systemClock } from './clock.ts';
import type { Connected } from './connect.ts';

export interface PointedRequest {
  readonly config: Config;
  readonly image: Image;
  readonly architecture: Architecture;
  readonly channel: string;
  readonly region: Region;
  readonly connected: Connected;
  readonly signal: AbortSignal;
}

export interface Pointed {
  readonly imageId: AmiId;
  readonly version: string;
}

/** What consumers of a channel find in a region: the AMI that its pointer says. Throws where there is none. */
export async function pointedAt(request: PointedRequest): Promise<Pointed> {
  const { config, image, architecture: arch, region, connected, signal } = request;
  const [name] = chooseChannels(config, request.channel);
  const channel = name === undefined ? undefined : config.channels.get(name);
  if (channel === undefined) throw new Error(`${request.channel} was not chosen`);
  const { connection } = connected;
  const account = await callerAccount(connection);
  const sites = createSites({ connection, caller: account, roles: new Map(), session: 'bake-try', now: Date.now });
  try {
    const clients = sites.at({ account, region });
    const waiting = { clock: systemClock, signal, limit: 0 };
    const pointers = createPointers({ account, region, mode: 'copy' }, clients, waiting);
    const { parameter, launchTemplate } = channel.pointers;
    const pattern = parameter ?? launchTemplate;
    if (pattern === undefined)
      throw usage(`channel ${channel.name} has no pointers`, 'Name one: `pointers` of the channel.');
    const place = { project: config.project, image: image.name, channel: channel.name, arch, region, account };
    const pointer = fillPointer(pattern, place);
    const says = await (parameter === undefined ? pointers.readTemplate(pointer) : pointers.readParameter(pointer));
    const imageId = parseAmiId(says?.imageId ?? '');
    if (imageId === undefined) throw notPointed(pointer, request, account);
    const [found] = await createSiteImages(clients, waiting).find({ copiesOf: [], names: [], imageIds: [imageId] });
    const version = found?.tags[TAG.version];
    if (version === undefined) throw notOurs(pointer, imageId, region);
    return { imageId, version };
  } finally {
    sites.close();
  }
}

const notPointed = (pointer: string, { image, channel, region }: PointedRequest, account: string): BakeError =>
  new BakeError({
    code: 'pointer-not-there',
    message: `${pointer} in ${account}/${region} says no AMI`,
    hint: `bake promote ${image.name} --to ${channel} writes it, if ${region} is one of the channel's regions.`,
    blame: 'user',
  });

const notOurs = (pointer: string, imageId: string, region: string): BakeError =>
  new BakeError({
    code: 'pointer-astray',
    message: `${pointer} in ${region} says ${imageId}, which is no image of this project`,
    hint: 'bake verify shows what it should say, and --repair mends it.',
    blame: 'user',
  });
