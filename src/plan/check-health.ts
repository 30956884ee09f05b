import type { Health, Identity, Probe } from '../model/probe.ts';
import type { Check } from '../model/trial.ts';

/** What must hold on every machine, whatever was baked. */
export function checkHealth({ health, identity }: Probe, userData: string | undefined): readonly Check[] {
  return [cloudInit(health), failedUnits(health), ...logins(identity, userData)];
}

function cloudInit({ cloudInit }: Health): Check {
  const { status, errors, recoverable } = cloudInit;
  const check = { id: 'cloud-init', title: 'cloud-init has finished without errors', expected: 'done' };
  if (status === 'disabled')
    return { ...check, status: 'changed', found: status, reason: 'the image disables cloud-init' };
  const said = [...errors, ...recoverable];
  if (status === 'done' && said.length === 0) return { ...check, status: 'ok', found: status };
  return { ...check, status: 'failed', found: [status, ...said].join('\n') };
}

function failedUnits({ failedUnits, systemState }: Health): Check {
  const check = { id: 'failed-units', title: 'no unit has failed', expected: 'none' };
  if (failedUnits.length === 0) return { ...check, status: 'ok', found: `none; the system is ${systemState}` };
  return {
    ...check,
    status: 'failed',
    found: failedUnits.join(', '),
    reason: 'journalctl -u <unit> on the machine says why; --keep leaves it',
  };
}

/** A key that is not the one of this launch was left by the builder or baked: whoever has it gets into every machine. */
function logins({ authorizedKeys, launchKeys }: Identity, userData: string | undefined): readonly Check[] {
  const title = 'only the launch key logs in';
  const strangers = Object.entries(authorizedKeys).flatMap(([user, keys]) =>
    keys.filter((key) => !launchKeys.includes(key)).map((key) => ({ user, key })),
  );
  if (strangers.length === 0) return [{ id: 'authorized-keys', title, status: 'ok', found: 'it alone' }];
  return strangers.map(({ user, key }): Check => {
    const found = {
      id: `authorized-keys/${user}/${key}`,
      title,
      expected: 'the launch key alone',
      found: `${user}: ${key}`,
    };
    // User-data that brings keys along wants them there; which they are cannot be told from a script.
    if (userData !== undefined && /AAAA[A-Za-z0-9+/]{40}/.test(userData))
      return { ...found, status: 'changed', reason: 'the user-data brings keys' };
    return { ...found, status: 'failed', reason: 'it was in the image' };
  });
}
