import type {
  AccountId,
  AmiId,
  Architecture,
  ChannelName,
  ImageName,
  ProjectName,
  Region,
  Version,
} from '../../model/ids.ts';

type By<Key extends string, Value> = Readonly<Partial<Record<Key, Value>>>;

export interface ExportedImage {
  readonly image: ImageName;
  readonly version: Version;
  /** What each target launches. */
  readonly amis: By<AccountId, By<Region, By<Architecture, AmiId>>>;
}

export interface ExportRequest {
  readonly project: ProjectName;
  readonly channel: ChannelName;
  readonly images: readonly ExportedImage[];
}

/** Keys in the order of their characters, at every level. */
export function sorted(request: ExportRequest): ExportRequest {
  const images = request.images
    .toSorted((a, b) => (a.image < b.image ? -1 : 1))
    .map((image) => ({ ...image, amis: sortedKeys(image.amis) }));
  return { ...request, images };
}

function sortedKeys<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(members.map(([name, member]) => [name, sortedKeys(member)])) as T;
}

/** What stands above the maps, for whoever opens the file. */
export function headLines({ project, channel, images }: ExportRequest): readonly string[] {
  const versions = images.map(({ image, version }) => `${image} ${version}`).join(', ') || 'none';
  return [
    `AMIs of channel ${channel} of ${project}: ${versions}.`,
    'Written by bake; the next promotion writes it again.',
  ];
}
