import type { AmiId } from '../../src/model/ids.ts';
import type { Tags } from '../../src/model/image.ts';
import { withProgress } from '../../src/packer/stages.ts';
import type { Packer, PackerMessage, PackerOutcome, PackerRequest } from '../../src/run/effects.ts';
import type { FakeCloud } from './fake-cloud.ts';

/** One run of Packer, which the test drives: it says lines, and ends when the test or the signal ends it. */
export class Invocation {
  readonly request: PackerRequest;
  readonly outcome: Promise<PackerOutcome>;
  readonly name: string;
  private readonly cloud: FakeCloud;
  private end: (outcome: PackerOutcome) => void = () => {};

  constructor(request: PackerRequest, cloud: FakeCloud) {
    this.request = request;
    this.cloud = cloud;
    this.name = String(request.variables.ami_name);
    this.outcome = new Promise((resolve) => {
      this.end = resolve;
    });
    const cancelled = () => this.end({ status: 'cancelled' });
    if (request.signal.aborted) cancelled();
    request.signal.addEventListener('abort', cancelled, { once: true });
  }

  say(...texts: readonly string[]): this {
    return this.message('say', texts);
  }

  complain(...texts: readonly string[]): this {
    return this.message('error', texts);
  }

  /** Launches the builder, tagged as asked. */
  launch(): string {
    this.say('Launching a source AWS instance...');
    return this.cloud.launch(this.request.variables.run_tags as Tags);
  }

  /** From the launch to the end: an AMI of the name asked for, and no builder any more. */
  succeed(): AmiId {
    const instance = this.cloud.instances.get(this.launch());
    const imageId = this.cloud.makeImage(this.name, this.request.variables.image_tags as Tags);
    if (instance !== undefined) instance.living = false;
    this.end({ status: 'done', imageId });
    return imageId;
  }

  fail(...errors: readonly string[]): void {
    this.complain(...errors);
    this.end({ status: 'failed', exitCode: 1, reason: 'Command failed with exit code 1', errors });
  }

  private message(kind: PackerMessage['kind'], texts: readonly string[]): this {
    for (const text of texts) this.request.onMessage(withProgress({ kind, text }));
    return this;
  }
}

/** A Packer of the tests: `await packer.next()` waits for the next build to begin. */
export class FakePacker implements Packer {
  readonly invocations: Invocation[] = [];
  private readonly cloud: FakeCloud;
  private readonly begun: Invocation[] = [];
  private readonly waiting: ((invocation: Invocation) => void)[] = [];

  constructor(cloud: FakeCloud) {
    this.cloud = cloud;
  }

  build(request: PackerRequest): Promise<PackerOutcome> {
    const invocation = new Invocation(request, this.cloud);
    this.invocations.push(invocation);
    const waiting = this.waiting.shift();
    if (waiting === undefined) this.begun.push(invocation);
    else waiting(invocation);
    return invocation.outcome;
  }

  next(): Promise<Invocation> {
    const begun = this.begun.shift();
    return begun === undefined ? new Promise((resolve) => this.waiting.push(resolve)) : Promise.resolve(begun);
  }
}
