import { readLock, writeLock } from '../config/lock.ts';
import { mapBounded } from '../model/bounded.ts';
import { lineage } from '../model/graph.ts';
import { type Fingerprint, type ImageName, type NodeId, nodeId } from '../model/ids.ts';
import type { Config, Image } from '../model/image.ts';
import { isUsable, type KnownImage, newestFirst } from '../model/known-image.ts';
import type { BakeStep, PlanWarning } from '../model/plan.ts';
import type { SourceAmis } from '../model/source-ami.ts';
import { EMPTY_LOCK } from '../model/source-lock.ts';
import type { Inputs } from '../plan/fingerprint.ts';
import { type PlannedBakes, type PlanRequest, planBake, type World } from '../plan/plan-bake.ts';
import { type Settled, settleArtifacts } from '../run/artifacts.ts';
import type { PlannedRun } from '../run/bake-plan.ts';
import type { Artifacts, Images, Records, Snapshots } from '../run/effects.ts';
import type { TemplateSources } from '../run/rendered-folder.ts';
import { resolveSourceAmis } from '../run/source-amis.ts';
import { templateInputs } from '../run/templates.ts';
import { checkVolumes } from '../run/volumes.ts';
import { orAborted } from './or-aborted.ts';

export interface Sources {
  readonly images: Images;
  readonly artifacts: Artifacts;
  readonly sourceAmis: SourceAmis;
  readonly snapshots: Snapshots;
  readonly records: Records;
  readonly templates: TemplateSources;
  /** Absent where nothing is pinned: in the sandbox. */
  readonly lockFile: string | undefined;
  readonly frozen: boolean;
  /** What only looks changes nothing, so what it looks up is not pinned. */
  readonly readOnly: boolean;
  readonly signal: AbortSignal;
}

/** A plan, and the configuration with what its artefacts hold. */
export interface Observed extends PlannedRun {
  readonly config: Config;
}

/** Asks AWS what there is, then plans; nothing is asked again afterwards but "did it work?". */
export async function observeAndPlan(asked: PlanRequest, sources: Sources): Promise<Observed> {
  const ancestors = asked.parents === 'bake' ? 'needed' : 'may-lack';
  const { config, unknown } = await settleArtifacts(asked.config, asked.images, sources.artifacts, ancestors);
  const request = { ...asked, config };
  const looks = Promise.all([
    sources.images.list(config.project),
    pinnedSourceAmis(config, rootsOf(config, request.images), sources),
  ]);
  const [images, sourceAmis] = await orAborted(sources.signal, looks);
  const templates = templateInputs(sources.templates);
  const bare: World = { images, sourceAmis, templates, inputsOfImage: new Map(), bakedBefore: new Map() };
  const first = planBake(request, bare);
  await orAborted(sources.signal, checkVolumes({ config, plan: first.plan, sourceAmis }, sources));
  // Records only make reasons more exact, so they are read for what is to be baked and nothing else.
  const records = await recordsFor(first, images, sources.records);
  const world = { ...bare, ...records };
  const isBare = records.inputsOfImage.size === 0 && records.bakedBefore.size === 0;
  const planWithout = (notMade: ReadonlySet<NodeId>) => planBake({ ...request, notMade }, world);
  const planned = withWarnings(isBare ? first : planBake(request, world), unknown.map(unknownWarning));
  return { config, planned, sourceAmis, images, planWithout };
}

const withWarnings = ({ plan, ...rest }: PlannedBakes, warnings: readonly PlanWarning[]): PlannedBakes => ({
  ...rest,
  plan: { ...plan, warnings: [...plan.warnings, ...warnings] },
});

function unknownWarning({ image, error }: Settled['unknown'][number]): PlanWarning {
  const message = `whether ${image} is up to date is not known: ${error.message}`;
  return { code: 'artifact-not-there', message, ...(error.hint === undefined ? {} : { hint: error.hint }) };
}

async function pinnedSourceAmis(config: Config, roots: readonly Image[], sources: Sources) {
  const { lockFile, frozen, readOnly } = sources;
  const lock = lockFile === undefined ? EMPTY_LOCK : await readLock(lockFile);
  const mode = frozen && lockFile !== undefined ? 'frozen' : 'locked';
  const request = { images: roots, region: config.region, lock, mode, now: new Date() } as const;
  const resolved = await resolveSourceAmis(request, sources.sourceAmis);
  if (lockFile !== undefined && !frozen && !readOnly) await writeLock(lockFile, resolved.lock);
  return resolved.sourceAmis;
}

function rootsOf(config: Config, names: readonly ImageName[]): readonly Image[] {
  return [...new Set(names.flatMap((name) => lineage(config.images, name)[0] ?? []))];
}

async function recordsFor({ plan }: PlannedBakes, images: readonly KnownImage[], records: Records) {
  const inputsOfImage = new Map<string, Inputs>();
  const bakedBefore = new Map<Fingerprint, { imageId: string; version: string }>();
  const newest = new Map<NodeId, KnownImage>();
  for (const known of [...images].sort(newestFirst)) {
    const id = nodeId(known.image, known.architecture);
    if (isUsable(known) && !newest.has(id)) newest.set(id, known);
  }
  const read = async (step: BakeStep) => {
    const last = newest.get(step.id);
    const record = last?.fingerprint && (await records.read(last.imageId, last.fingerprint));
    if (last !== undefined && record) inputsOfImage.set(last.imageId, record.inputs);
    const before = await records.bakedWith(step.fingerprint);
    if (before !== undefined) bakedBefore.set(step.fingerprint, before);
  };
  const bakes = plan.steps.filter((step) => step.action === 'bake');
  await mapBounded(bakes, AT_ONCE, read);
  return { inputsOfImage, bakedBefore };
}

/** Records that are asked for at once: each may be a call to the state bucket. */
const AT_ONCE = 16;
