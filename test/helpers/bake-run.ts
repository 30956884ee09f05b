import type { BakeEvent, Outcome } from '../../src/model/events.ts';
import type { NodeId } from '../../src/model/ids.ts';
import type { Image, Layer } from '../../src/model/image.ts';
import { capabilitiesOf } from '../../src/packer/capabilities.ts';
import { type PlanRequest, planBake } from '../../src/plan/plan-bake.ts';
import type { BakeContext, BakeEffects } from '../../src/run/bake-job.ts';
import { type RunOptions, runBakePlan } from '../../src/run/bake-plan.ts';
import type { Artifacts } from '../../src/run/effects.ts';
import { loadTemplates, templateInputs } from '../../src/run/templates.ts';
import { config, EPOCHS, NOW, PROJECT, RUN, sourceAmisOf } from './builders.ts';
import { FakeCloud } from './fake-cloud.ts';
import { FakePacker } from './fake-packer.ts';
import { temporaryFolder } from './layers-on-disk.ts';

export interface BakeRunParts {
  readonly images: readonly Image[];
  readonly layers?: readonly Layer[];
  readonly cloud?: FakeCloud;
  readonly context?: Partial<BakeContext>;
  readonly lost?: AbortSignal;
  readonly options?: Partial<RunOptions>;
  readonly plan?: Partial<PlanRequest>;
  readonly artifacts?: Artifacts;
}

const noArtifact = () => Promise.reject(new Error('no artefact was expected'));
const NO_ARTIFACTS: Artifacts = { digestOf: noArtifact, fileOf: noArtifact };

const templates = await loadTemplates(undefined);

/** Everything that a bake needs, with fakes for the world; nothing runs until `start`. */
export class BakeRun {
  readonly events: BakeEvent[] = [];
  readonly log: string[] = [];
  readonly cloud: FakeCloud;
  readonly packer: FakePacker;
  readonly dir: string;
  private readonly folder: AsyncDisposable;
  private readonly stop = new AbortController();
  private readonly parts: BakeRunParts;
  private now = NOW.getTime();
  private readonly sleepers = new Set<{ readonly at: number; readonly wake: () => void }>();

  private constructor(parts: BakeRunParts, folder: Awaited<ReturnType<typeof temporaryFolder>>) {
    this.parts = parts;
    this.folder = folder;
    this.dir = folder.path;
    this.cloud = parts.cloud ?? new FakeCloud();
    this.packer = new FakePacker(this.cloud);
  }

  static async open(parts: BakeRunParts): Promise<BakeRun> {
    return new BakeRun(parts, await temporaryFolder());
  }

  /** Plans with what the cloud has now, and runs the plan. */
  async start(): Promise<ReadonlyMap<NodeId, Outcome>> {
    const { images, layers = [], context, options, plan } = this.parts;
    const resolved = config(images, layers);
    const sourceAmis = sourceAmisOf(images);
    const names = images.map(({ name }) => name);
    const request = {
      config: resolved,
      images: names,
      parents: 'bake',
      force: false,
      nonce: 'run-2',
      epochs: EPOCHS,
      ...plan,
    } as const;
    const world = {
      images: await this.cloud.images.list(PROJECT),
      sourceAmis,
      templates: templateInputs(templates),
      inputsOfImage: new Map(),
      bakedBefore: new Map(),
    };
    this.cloud.calls.length = 0;
    const planWithout = (notMade: ReadonlySet<NodeId>) => planBake({ ...request, notMade }, world);
    const run = { planned: planBake(request, world), sourceAmis, images: world.images, planWithout };
    return runBakePlan(run, this.context(resolved, context), this.effects(), {
      limits: { parallel: 4 },
      onFailure: 'finish-independent',
      ...options,
    });
  }

  interrupt(reason: unknown): void {
    this.stop.abort(reason);
  }

  /** Events of a type, in short. */
  of<Type extends BakeEvent['type']>(type: Type): Extract<BakeEvent, { type: Type }>[] {
    return this.events.filter((event): event is Extract<BakeEvent, { type: Type }> => event.type === type);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve(this.folder[Symbol.asyncDispose]());
  }

  /** Wakes who sleeps until then. */
  async pass(seconds: number): Promise<void> {
    this.now += seconds * 1000;
    for (const sleeper of [...this.sleepers]) if (sleeper.at <= this.now) sleeper.wake();
    // Turns of the loop, until all that can go on has.
    for (let turn = 0; turn < 10; turn++) await new Promise((done) => setImmediate(done));
  }

  /** A second passes whenever somebody looks. */
  private tick(): Date {
    this.now += 1000;
    return new Date(this.now);
  }

  private sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = (settle: () => void) => () => {
        this.sleepers.delete(sleeper);
        signal.removeEventListener('abort', stop);
        settle();
      };
      const sleeper = { at: this.now + milliseconds, wake: end(resolve) };
      this.sleepers.add(sleeper);
      const stop = end(() => reject(signal.reason));
      if (signal.aborted) stop();
      else signal.addEventListener('abort', stop, { once: true });
    });
  }

  private context(resolved: BakeContext['config'], other: Partial<BakeContext> = {}): BakeContext {
    const run = other.run ?? RUN;
    const capabilities = capabilitiesOf('1.6.6');
    if (capabilities === undefined) throw new Error('no capabilities');
    const access = {
      endpoint: '',
      machines: true,
      spot: true,
      sshPort: 22,
      pollSeconds: 10,
      cidrs: new Map(
        [...resolved.images.values()].map(({ name, build }) => [
          name,
          build.communicator === 'ssh' ? ['192.0.2.1/32'] : [],
        ]),
      ),
      env: async () => ({ AWS_REGION: 'x' }),
      lost: this.parts.lost,
    };
    return {
      run,
      owner: { run, host: 'ci-1', user: 'ann', pid: 7, processes: `boot of ${run}` },
      processes: { here: undefined, isAlive: () => true },
      config: resolved,
      access,
      templates,
      capabilities,
      tools: { bake: '0.1.0', packer: '1.6.6' },
      commit: 'c0ffee',
      keepOnError: false,
      secrets: new Map(),
      runDir: this.dir,
      ...other,
    };
  }

  private effects(): BakeEffects {
    return {
      images: this.cloud.images,
      builders: this.cloud.builders,
      packer: this.packer,
      records: this.cloud.records,
      artifacts: this.parts.artifacts ?? NO_ARTIFACTS,
      clock: { now: () => this.tick(), sleep: (milliseconds, signal) => this.sleep(milliseconds, signal) },
      emit: (event) => this.events.push(event),
      signal: this.stop.signal,
      openLog: (path) => ({ path, line: (text) => this.log.push(text), close: async () => {} }),
    };
  }
}
