import { type Channel, type ResolvedTarget, targetId } from '../../model/channel.ts';
import type { AmiId, ImageName, NodeId, ProjectName } from '../../model/ids.ts';
import { fillPointer } from '../../model/pointer-names.ts';
import type {
  PointerMove,
  PointerName,
  PointerState,
  Source,
  TargetPointers,
  Wanted,
  WantedId,
  WantedPointer,
} from '../../model/promotion.ts';
import { wantedId } from '../../model/promotion.ts';
import { serving } from './wanted.ts';

export interface PointerInputs {
  readonly project: ProjectName;
  readonly channel: Channel;
  readonly targets: readonly ResolvedTarget[];
  readonly wanted: readonly Wanted[];
  /** Which AMI serves; none while the copy is not made. */
  readonly imageIds: ReadonlyMap<WantedId, AmiId>;
  /** Sha256 of the user-data of launch templates, by image. */
  readonly userData: ReadonlyMap<ImageName, string>;
}

/** Every pointer of the channel, and what it shall say. */
export function wantedPointers(inputs: PointerInputs): readonly WantedPointer[] {
  const sources = new Map(inputs.wanted.map(({ source }) => [source.id, source]));
  return inputs.targets.flatMap((target) =>
    [...sources.values()].flatMap((source) => pointersOf(inputs, target, source)),
  );
}

function pointersOf(inputs: PointerInputs, target: ResolvedTarget, source: Source): readonly WantedPointer[] {
  const { project, channel, wanted, imageIds, userData } = inputs;
  const { parameter, launchTemplate } = channel.pointers;
  const serves = serving(wanted, source.id, targetId(target));
  const to = (serves && imageIds.get(wantedId(serves))) ?? null;
  const { image, architecture: arch } = source;
  const { region, account } = target;
  const place = { project, image, channel: channel.name, arch, region, account };
  const name = (pattern: string): string => fillPointer(pattern, place);
  const digest = userData.get(source.image);
  return [
    ...(parameter === undefined
      ? []
      : [{ kind: 'parameter', name: name(parameter), target, node: source.id, to } as const]),
    ...(launchTemplate === undefined
      ? []
      : [
          {
            kind: 'launch-template',
            name: name(launchTemplate),
            target,
            node: source.id,
            to,
            ...(digest === undefined ? {} : { userData: digest }),
          } as const,
        ]),
  ];
}

/** `111122223333/eu-west-1 parameter /acme/prod/api`. */
export type PointerId = string;
export const pointerId = ({ target, kind, name }: PointerName & { readonly target: ResolvedTarget }): PointerId =>
  `${targetId(target)} ${kind} ${name}`;

/** Whether it says what it shall. */
export const isRight = ({ to, userData }: WantedPointer, says: PointerState | undefined): boolean =>
  to !== null && says?.imageId === to && (userData === undefined || says.userData === userData);

/** What has to be moved, by target; targets whose pointers are right are left out. */
export function planPointers(
  wanted: readonly WantedPointer[],
  says: ReadonlyMap<PointerId, PointerState>,
): readonly TargetPointers[] {
  const byTarget = new Map<string, { target: ResolvedTarget; moves: PointerMove[] }>();
  for (const pointer of wanted) {
    const from = says.get(pointerId(pointer));
    if (isRight(pointer, from)) continue;
    const { target, kind, name, node, to } = pointer;
    const moves = byTarget.get(targetId(target)) ?? { target, moves: [] };
    byTarget.set(targetId(target), moves);
    moves.moves.push({ kind, name, node, ...(from === undefined ? {} : { from }), to });
  }
  return [...byTarget.values()];
}

/** Pointers that two images or architectures would share. */
export function sharedPointers(wanted: readonly WantedPointer[]): readonly (readonly [PointerId, readonly NodeId[]])[] {
  const nodes = new Map<PointerId, NodeId[]>();
  for (const pointer of wanted) {
    nodes.set(pointerId(pointer), [...(nodes.get(pointerId(pointer)) ?? []), pointer.node]);
  }
  return [...nodes].filter(([, sharing]) => sharing.length > 1);
}
