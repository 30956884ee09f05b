import { isValueName, isValuePath, VALUE_NAME_RULE } from '../../model/region-config.ts';
import { nearest } from '../nearest.ts';
import { choices, type Path, type Report, show } from '../problems.ts';
import type { RuleContext } from '../rules.ts';
import { writtenTargets } from '../written-targets.ts';
import { reportNoJson } from './json.ts';

/** What templates see beside the values. */
const TAKEN = ['region', 'account', 'channel'];
const BY_NAME = ['regionValues', 'accountValues', 'channelValues'] as const;

export function regionValuesRule({ written, report }: RuleContext): void {
  for (const [image, { regionConfig = {} }] of Object.entries(written.images)) {
    const path = ['images', image, 'regionConfig'];
    reportTree([...path, 'values'], regionConfig.values ?? {}, report);
    for (const key of BY_NAME) {
      for (const [name, tree] of Object.entries(regionConfig[key] ?? {}))
        reportTree([...path, key, name], tree, report);
    }
  }
}

function reportTree(path: Path, tree: object, report: Report): void {
  for (const name of TAKEN.filter((one) => Object.hasOwn(tree, one))) {
    report([...path, name], `${show(name)} is what templates call the target's own; choose another name`);
  }
  reportNames(path, tree, report, []);
  for (const [name, value] of Object.entries(tree)) reportNoJson([...path, name], value, report);
}

function reportNames(path: Path, value: unknown, report: Report, within: readonly unknown[]): void {
  if (typeof value !== 'object' || value === null || within.includes(value)) return;
  for (const [name, member] of Array.isArray(value) ? value.entries() : Object.entries(value)) {
    const at = [...path, name];
    if (typeof name === 'string' && !isValueName(name)) {
      report(at, `${show(name)} is not the name of a value; names are ${VALUE_NAME_RULE}`);
    }
    reportNames(at, member, report, [...within, value]);
  }
}

/** A misspelt region would leave its values unused, and nobody would know. */
export function regionValuesUsedRule({ written, report }: RuleContext): void {
  const targets = writtenTargets(written);
  if (targets.length === 0) return;
  const known = {
    regionValues: [...new Set(targets.map(({ region }) => region))],
    // Whose account a target without one is, only AWS can tell.
    accountValues: targets.some(({ account }) => account === undefined)
      ? undefined
      : [...new Set(targets.map(({ account }) => account ?? ''))],
    channelValues: Object.keys(written.channels ?? {}),
  };
  for (const [image, { regionConfig }] of Object.entries(written.images)) {
    for (const key of BY_NAME) {
      const names = known[key];
      for (const name of Object.keys(regionConfig?.[key] ?? {})) {
        if (names === undefined || names.includes(name)) continue;
        const path = ['images', image, 'regionConfig', key, name];
        report(path, `no channel has the target ${show(name)}; there are ${choices(names)}`, nearest(name, names));
      }
    }
  }
}

export function regionPathsRule({ written, report }: RuleContext): void {
  for (const [image, { regionConfig }] of Object.entries(written.images)) {
    for (const key of ['required', 'secrets'] as const) {
      for (const [position, path] of (regionConfig?.[key] ?? []).entries()) {
        if (isValuePath(path)) continue;
        const at = ['images', image, 'regionConfig', key, position];
        report(at, `${show(path)} is not the path of a value such as database.host`);
      }
    }
  }
}
