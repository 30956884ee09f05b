import type { Identity, Probe } from '../model/probe.ts';
import type { Check } from '../model/trial.ts';

/** What identifies a machine, with its values named as in the checks. */
const MARKS: readonly (readonly [id: string, title: string, values: (identity: Identity) => readonly string[]])[] = [
  ['host-keys', 'host keys', ({ hostKeys }) => Object.values(hostKeys)],
  ['machine-id', 'machine id', ({ machineId }) => [machineId]],
  ['random-seed', 'random seed', ({ randomSeed }) => [randomSeed]],
];

export interface Machine {
  /** `api/x86_64#1`, or `the builder`. */
  readonly name: string;
  readonly identity: Identity;
}

/** No two machines, the builder among them, may share a host key, the machine id or the random seed. */
export function checkIdentities(machines: readonly Machine[]): readonly Check[] {
  return MARKS.map(([id, title, valuesOf]): Check => {
    const owners = new Map<string, string[]>();
    for (const { name, identity } of machines) {
      for (const value of valuesOf(identity)) {
        if (value !== '') owners.set(value, [...(owners.get(value) ?? []), name]);
      }
    }
    const shared = [...owners].filter(([, names]) => names.length > 1);
    const check = { id: `unique/${id}`, title: `${title}: every machine has its own` };
    if (shared.length === 0) return { ...check, status: 'ok', found: `${owners.size} on ${machines.length} machines` };
    return {
      ...check,
      status: 'failed',
      expected: 'one for each machine',
      found: shared.map(([value, names]) => `${value}: ${names.join(', ')}`).join('\n'),
      reason: 'it was baked into the image',
    };
  });
}

/** A machine must have an identity at all, and stay the same one when it restarts. */
export function checkRestart(before: Probe, after: Probe): readonly Check[] {
  const { hostKeys, machineId } = before.identity;
  return [
    {
      id: 'restart/boot-id',
      title: 'the machine has restarted',
      status: before.health.bootId === after.health.bootId ? 'failed' : 'ok',
      found: after.health.bootId,
    },
    kept('host-keys', 'host keys', keysText(hostKeys), keysText(after.identity.hostKeys)),
    kept('machine-id', 'machine id', machineId, after.identity.machineId),
  ];
}

function kept(id: string, title: string, expected: string, found: string): Check {
  const check = { id: `restart/${id}`, title: `${title}: the same after a restart` };
  if (expected === found && found !== '') return { ...check, status: 'ok', found };
  return { ...check, status: 'failed', expected, found: found === '' ? '(none)' : found };
}

const keysText = (keys: Identity['hostKeys']): string =>
  Object.entries(keys)
    .map(([type, fingerprint]) => `${type} ${fingerprint}`)
    .sort()
    .join('\n');
