import type { Call } from '../../src/plan/iam/actions.ts';
import { KNOWN_CALLS } from '../../src/plan/iam/table.ts';
import type { RecordedCall } from './interference.ts';

/** Milliseconds: a sandbox that a test has stopped says nothing. */
const PATIENCE = 5_000;

/** Every call that bake and Packer have made at a sandbox is in the table that policies are made from; throws naming those that are not. */
export async function expectKnownCalls(endpoint: string): Promise<void> {
  const { calls } = await recorded(endpoint);
  const ours = calls.filter(({ agent }) => agent === 'bake' || agent === 'packer');
  const names = new Set(ours.map(({ service, action }) => `${service}:${action}` as Call));
  const unknown = [...names].filter((name) => !KNOWN_CALLS.has(name));
  if (unknown.length > 0) throw new Error(`calls without a row in src/plan/iam/table: ${unknown.join(', ')}`);
}

async function recorded(endpoint: string): Promise<{ readonly calls: readonly RecordedCall[] }> {
  try {
    const answer = await fetch(`${endpoint}/_bake/calls?after=0`, { signal: AbortSignal.timeout(PATIENCE) });
    return (await answer.json()) as { calls: readonly RecordedCall[] };
  } catch {
    return { calls: [] };
  }
}
