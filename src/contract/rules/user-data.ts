import { canonicalJson } from '../../model/canonical-json.ts';
import type { Finding } from '../../model/finding.ts';
import type { Json } from '../../model/image.ts';
import { CloudConfig, isMapping } from '../cloud-config.ts';
import type { LayerReading } from '../lineage.ts';
import { leavesOf } from '../override-text.ts';
import type { Override } from '../row.ts';
import { contractRowsRule } from './contract-rows.ts';
import { CONFIG_MISTAKES, type ConfigMistake } from './mistakes.ts';
import { finding, type LintContext, type Rule } from './rule.ts';

const CLOUD_CONFIG = /^#cloud-config\s*$/;

/** Cloud-config of the user-data; undefined for scripts, MIME and what is no text of ours to read. */
function configOf({ userData }: LintContext): CloudConfig | undefined {
  const [first = ''] = userData?.text.split('\n') ?? [];
  return userData !== undefined && CLOUD_CONFIG.test(first.trimEnd()) ? new CloudConfig(userData.text) : undefined;
}

/** What the user-data itself gets wrong. */
export function userDataFindings(context: LintContext): readonly Finding[] {
  const { userData } = context;
  if (userData === undefined) return [];
  const report = (
    rule: string,
    severity: 'error' | 'warning',
    line: number,
    message: string,
    fix: string,
  ): Finding => ({
    rule,
    severity,
    file: userData.file,
    line,
    message,
    fix,
  });
  const config = configOf(context);
  if (config === undefined) {
    if (/^(?:#!|#include|#cloud-|#part-handler|##\s*template:|Content-Type:|MIME-Version:|From )/i.test(userData.text))
      return [];
    const message = 'a new instance ignores it: user-data is cloud-config only if its first line is #cloud-config';
    return [report('user-data-header', 'error', 1, message, 'begin it with the line #cloud-config')];
  }
  const flaws = config.flaws
    .slice(0, 1)
    .map(({ line, message }) =>
      report(
        'user-data-yaml',
        'error',
        line,
        `a new instance ignores all of it, as it is no valid YAML: ${message}`,
        'correct it',
      ),
    );
  const mistakes = mistakesIn(config).map(({ rule, severity, line, message, fix }) =>
    report(rule, severity, line, message, fix),
  );
  return [...flaws, ...mistakes];
}

type Mistake = Pick<ConfigMistake, 'rule' | 'severity' | 'message' | 'fix'> & { readonly line: number };

/** Settings that are wrong wherever they stand, with their lines. */
export function mistakesIn(config: CloudConfig): readonly Mistake[] {
  return CONFIG_MISTAKES.filter(({ rule }) => rule !== 'module-list').flatMap(
    ({ rule, severity, path, is, message, fix }) => {
      const value = config.at(path);
      return value !== undefined && is(value) ? [{ rule, severity, line: config.lineOf(path), message, fix }] : [];
    },
  );
}

/** User-data wins over all of cloud.cfg.d, so over what the bake protects; and it may write over baked files. */
export const userDataUndoesRule: Rule = (reading, context) => {
  const { userData } = context;
  const config = configOf(context);
  if (userData === undefined || config === undefined) return [];
  return [...undoneSettings(reading, context, config), ...overwrittenFiles(reading, config, userData.file)];
};

function undoneSettings(reading: LayerReading, context: LintContext, config: CloudConfig): readonly Finding[] {
  // As if no layer said it itself: what a layer says in cloud.cfg.d is undone as well.
  const baked = contractRowsRule(reading, { ...context, merged: {} });
  const found = new Map<string, Finding>();
  for (const place of baked) {
    for (const { path, value } of leavesOf((place.override ?? {}) as Override)) {
      const said = config.at(path);
      if (said === undefined) continue;
      if (value !== undefined && canonicalJson(said) === canonicalJson(value as Json)) continue;
      const key = path.join('.');
      const where = `${context.userData?.file}:${config.lineOf(path)}`;
      const message = `user-data says ${key}: ${JSON.stringify(said)} (${where}), and user-data wins over what is baked: ${place.message}`;
      // A list usually adds to what is baked; a scalar takes its place.
      const severity = Array.isArray(said) ? 'warning' : 'error';
      const fix = `take ${key} out of the user-data`;
      const id = `${key} ${place.rule}`;
      if (!found.has(id)) found.set(id, finding(reading, 'user-data-undoes', severity, place, message, fix));
    }
  }
  return [...found.values()];
}

function overwrittenFiles(reading: LayerReading, config: CloudConfig, userDataFile: string): readonly Finding[] {
  const files = config.at(['write_files']);
  if (!Array.isArray(files)) return [];
  const line = config.lineOf(['write_files']);
  return files.flatMap((entry: Json) => {
    if (!isMapping(entry) || entry.append === true) return [];
    const touch = reading.touches.find(({ path, verb }) => path === entry.path && verb !== 'remove');
    if (touch === undefined) return [];
    const message = `write_files of the user-data (${userDataFile}:${line}) writes over it on each new instance`;
    const fix = 'write another file, or take this one out of the layer';
    return [finding(reading, 'user-data-undoes', 'error', touch, message, fix)];
  });
}
