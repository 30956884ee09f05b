import type { CallCount } from '../model/call-count.ts';
import type { Site } from '../model/promotion.ts';
import type { EC2Client } from './sdk/ec2.ts';
import type { KMSClient } from './sdk/kms.ts';
import type { SSMClient } from './sdk/ssm.ts';

interface Counted extends Omit<CallCount, 'calls' | 'retries'> {
  calls: number;
  requests: number;
}

/** Counts the calls of the clients that it watches. */
export class CallCounter {
  readonly #counts = new Map<string, Counted>();

  watch(client: EC2Client | SSMClient | KMSClient, site: Site): void {
    // All clients' stacks are alike as far as this goes; only their types differ.
    const { middlewareStack: stack } = client as EC2Client;
    stack.add(
      (next, context) => (args) => {
        this.#of(context, site).calls++;
        return next(args);
      },
      { step: 'initialize', name: 'countCalls' },
    );
    // Inside the SDK's retries, which are of this step too.
    stack.add(
      (next, context) => (args) => {
        this.#of(context, site).requests++;
        return next(args);
      },
      { step: 'finalizeRequest', name: 'countRequests', priority: 'low' },
    );
  }

  /** By site, service and action. */
  rows(): readonly CallCount[] {
    return [...this.#counts.entries()]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, { requests, ...row }]) => ({ ...row, retries: Math.max(0, requests - row.calls) }));
  }

  #of({ clientName = '', commandName = '' }: Context, { account, region }: Site): Counted {
    const service = clientName.replace(/Client$/, '');
    const action = commandName.replace(/Command$/, '');
    const key = [account, region, service, action].join(' ');
    const counted = this.#counts.get(key) ?? { account, region, service, action, calls: 0, requests: 0 };
    this.#counts.set(key, counted);
    return counted;
  }
}

interface Context {
  readonly clientName?: string;
  readonly commandName?: string;
}
