import type { NewObject, RegionBucket, StoredObject } from '../../src/run/region-effects.ts';

/** A versioned bucket in memory whose conditional writes are those of S3, with faults to order. */
export class FakeBucket {
  readonly objects = new Map<string, StoredObject>();
  /** Milliseconds that its clock is ahead of `now`. */
  ahead = 0;
  /** Of each call, before it is done: may throw, or hang. */
  before: (call: string, key: string) => Promise<void> | void = () => {};
  /** The next conditional write is done, and its answer is lost for good. */
  loseAnswer = false;
  private serial = 0;
  private readonly now: () => Date;

  constructor(now: () => Date = () => new Date()) {
    this.now = now;
  }

  text(key: string): string | undefined {
    return this.objects.get(key)?.content.toString('utf8');
  }

  json(key: string): Record<string, unknown> {
    return JSON.parse(this.text(key) ?? '{}') as Record<string, unknown>;
  }

  put({ key, content }: Pick<NewObject, 'key' | 'content'>): string {
    this.serial += 1;
    const etag = `"${this.serial}"`;
    this.objects.set(key, { content, etag, versionId: `v${this.serial}`, encryption: { algorithm: 'AES256' } });
    return etag;
  }

  get effects(): RegionBucket {
    const unused = () => Promise.reject(new Error('not a call that state makes'));
    return {
      find: unused,
      properties: unused,
      tags: unused,
      hasLifecycle: unused,
      create: unused,
      give: unused,
      look: unused,
      versions: unused,
      read: async (key) => {
        await this.before('read', key);
        return this.objects.get(key);
      },
      write: async (object) => {
        await this.before('write', object.key);
        return this.put(object);
      },
      writeOver: async (etag, object) => {
        await this.before('writeOver', object.key);
        const there = this.objects.get(object.key);
        if (there?.etag !== etag) return there?.content.equals(object.content) === true ? there.etag : undefined;
        const written = this.put(object);
        if (!this.loseAnswer) return written;
        this.loseAnswer = false;
        throw new Error('socket hang up');
      },
      list: async (prefix) => [...this.objects.keys()].filter((key) => key.startsWith(prefix)),
      time: () => {
        const now = this.now().getTime() + this.ahead;
        return { earliest: now - 200, latest: now + 900 };
      },
    };
  }
}
