import type { Finding } from '../model/finding.ts';
import type { Release } from '../model/release.ts';
import { confDOf, type LayerText, mergedConfD, readLayerText } from './lineage.ts';
import { confDFilesRule } from './rules/conf-d-files.ts';
import { confDKeysRule } from './rules/conf-d-keys.ts';
import { confDOrderRule } from './rules/conf-d-order.ts';
import { contractRowsRule } from './rules/contract-rows.ts';
import { neutralRule } from './rules/neutral.ts';
import { fstabRule, scriptMistakesRule, sudoersRule } from './rules/other-files.ts';
import type { LintContext, Rule, UserData } from './rules/rule.ts';
import { sshdRule } from './rules/sshd.ts';
import { userDataFindings, userDataUndoesRule } from './rules/user-data.ts';
import { userDataPartsRule } from './rules/user-data-parts.ts';

const RULES: readonly Rule[] = [
  contractRowsRule,
  confDFilesRule,
  confDKeysRule,
  confDOrderRule,
  sshdRule,
  fstabRule,
  sudoersRule,
  scriptMistakesRule,
  neutralRule,
  userDataPartsRule,
  userDataUndoesRule,
];

export interface LintRequest {
  /** Of the image and its ancestors, root ancestor first, in the order in which they are applied. */
  readonly layers: readonly LayerText[];
  /** Undefined: unknown; then what holds on any release is found. */
  readonly release: Release | undefined;
  readonly userData?: UserData | undefined;
}

/** Pure: what cloud-init, or the user-data, would undo of what the image's own layers bake, by layer, file and line. */
export function lintLayers({ layers, release, userData }: LintRequest): readonly Finding[] {
  const readings = layers.map(readLayerText);
  const confD = confDOf(readings);
  const context: LintContext = { readings, release, confD, merged: mergedConfD(confD), userData };
  const found = readings
    .filter(({ own }) => own)
    .flatMap((reading) => inOrder(RULES.flatMap((rule) => rule(reading, context))));
  return [...onceEach(found), ...userDataFindings(context)];
}

const inOrder = (findings: readonly Finding[]) =>
  findings.toSorted((a, b) => (a.file === b.file ? a.line - b.line : a.file < b.file ? -1 : 1));

/** A row protects a layer once, however often the layer gives it a reason to. */
function onceEach(findings: readonly Finding[]): readonly Finding[] {
  const seen = new Set<string>();
  return findings.filter(({ rule, severity, layer, file, line, message }) => {
    const key = severity === 'protected' ? `${layer} ${rule}` : `${layer} ${rule} ${file}:${line} ${message}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}
