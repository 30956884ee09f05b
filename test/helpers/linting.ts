import type { LayerText } from '../../src/contract/lineage.ts';
import { type LintRequest, lintLayers } from '../../src/contract/lint.ts';
import type { Finding } from '../../src/model/finding.ts';
import type { LayerFile } from '../../src/model/image.ts';
import { layer, layerFile, script } from './builders.ts';

/** `/etc/motd` → content of a file; `10.sh` → content of a script. */
export type LayerContent = Readonly<Record<string, string | Partial<LayerFile>>>;

/** A layer with these files and scripts, as the linter gets it. */
export function layerText(name: string, content: LayerContent, own = true): LayerText {
  const files: LayerFile[] = [];
  const steps = [];
  const texts = new Map<string, string>();
  for (const [key, given] of Object.entries(content)) {
    if (key.startsWith('/')) files.push(layerFile(key, typeof given === 'string' ? {} : given));
    else steps.push(script(key));
    if (typeof given === 'string') texts.set(key.startsWith('/') ? `files${key}` : `scripts/${key}`, given);
  }
  return { layer: layer(name, { files, steps }), texts, own };
}

export function lint(content: LayerContent, request: Partial<LintRequest> = {}): readonly Finding[] {
  return lintLayers({ layers: [layerText('web', content)], release: 'debian:12', ...request });
}

/** `sshd-order error files/etc/ssh/sshd_config.d/99-a.conf:2`, without what is merely protected. */
export const told = (findings: readonly Finding[]): readonly string[] =>
  findings.filter(({ severity }) => severity !== 'protected').map(brief);

export const brief = ({ rule, severity, file, line }: Finding): string => `${rule} ${severity} ${file}:${line}`;
