import type { Settings } from '../model/probe.ts';
import type { Check } from '../model/trial.ts';
import { verdictOn } from './tolerated.ts';

/** The groups of a probe in words; one without an entry is shown under its own name. */
const TITLES: Readonly<Record<string, string>> = {
  files: 'guarded files',
  sshd: 'settings of sshd',
  hostname: 'host name',
  hosts: 'lines of /etc/hosts',
  sources: 'package sources',
  locale: 'locale settings',
  timezone: 'time zone',
  sudoers: 'sudo rules',
  users: 'users',
  network: 'network files',
  fstab: 'mounts',
  units: 'enabled and disabled units',
  packages: 'packages',
};

/** Which layer put a file there. */
export type LayerOf = (path: string) => string | undefined;

/**
 * One check for each setting that is not as baked, and for each group one that counts those that are. A group that the
 * bake did not record (an older bake's image) is passed over.
 */
export function compareSettings(baked: Settings, booted: Settings, layerOf: LayerOf): readonly Check[] {
  return Object.entries(baked).flatMap(([group, expected]) => {
    const found = booted[group];
    if (found === undefined) return [unanswered(group, 'the machine')];
    // Every Linux has users, and every machine of ours units: none at all means that nobody has looked.
    if (NEVER_EMPTY.has(group) && Object.keys(expected).length === 0) return [unanswered(group, 'the record')];
    const differing = differences(group, expected, found, layerOf);
    const same = Object.keys(expected).filter((name) => isSame(expected[name], found[name])).length;
    const title = TITLES[group] ?? group;
    const summary: Check = {
      id: group,
      title,
      status: 'ok',
      found: `${same} of ${Object.keys(expected).length} as baked`,
    };
    // A summary that says "0 as baked, ok" beside the losses would only be read wrongly.
    return same === 0 && differing.length > 0 ? differing : [summary, ...differing];
  });
}

/** A file of package sources or sudo rules that says nothing, but for comments, is as good as none. */
const isSame = (baked: string | undefined, found: string | undefined): boolean => (baked ?? '') === (found ?? '');

function differences(
  group: string,
  expected: Readonly<Record<string, string>>,
  found: Readonly<Record<string, string>>,
  layerOf: LayerOf,
): readonly Check[] {
  const names = [...new Set([...Object.keys(expected), ...Object.keys(found)])].sort();
  return names
    .filter((name) => !isSame(expected[name], found[name]))
    .map((name) => {
      const layer = layerOf(name);
      return {
        // Most names are paths: `files/etc/motd`.
        id: name.startsWith('/') ? `${group}${name}` : `${group}/${name}`,
        title: `${TITLES[group] ?? group}: ${name}`,
        ...verdictOn(group, name, expected[name]),
        expected: expected[name] ?? ABSENT,
        found: found[name] ?? ABSENT,
        ...(layer === undefined ? {} : { layer }),
      };
    });
}

const ABSENT = '(not there)';

const NEVER_EMPTY = new Set(['users', 'units', 'packages']);

function unanswered(group: string, who: string): Check {
  return {
    id: group,
    title: TITLES[group] ?? group,
    status: 'failed',
    reason: `${who} does not say anything about it`,
  };
}
