import type { Finding } from '../../model/finding.ts';
import { CloudConfig } from '../cloud-config.ts';
import { confDName, isConfDName, type LayerReading } from '../lineage.ts';
import { lineIn, type Touch } from '../touch.ts';
import { WITHOUT_JINJA } from './mistakes.ts';
import { finding, type LintContext, type Rule } from './rule.ts';

/** Names and form of files in /etc/cloud/cloud.cfg.d. */
export const confDFilesRule: Rule = (reading, context) =>
  reading.touches.flatMap((touch) => {
    const name = confDName(touch.path);
    if (name === undefined || name === 'README' || touch.verb === 'remove') return [];
    return [...nameFindings(name, touch, reading), ...(isConfDName(name) ? formFindings(touch, reading, context) : [])];
  });

/** The names that the bake gives its overrides. */
const OURS = /^99-bake-/;

function nameFindings(name: string, touch: Touch, reading: LayerReading): readonly Finding[] {
  if (!isConfDName(name)) {
    const message = 'cloud-init never reads it: of cloud.cfg.d it takes files whose name ends in .cfg, and no folders';
    return [finding(reading, 'cfg-name', 'error', touch, message, `name it /etc/cloud/cloud.cfg.d/${suggested(name)}`)];
  }
  if (!OURS.test(name)) return [];
  const message = 'the bake writes its overrides under such names, and removes others';
  return [finding(reading, 'cfg-name', 'error', touch, message, 'name it 90-<layer>.cfg')];
}

const suggested = (name: string): string =>
  `${(name.split('/').at(-1) ?? name).replace(/\.(?:ya?ml|conf|disabled|txt)$/, '')}.cfg`;

const EXECUTED = /^(?:#!|#include|#cloud-boothook|#part-handler|#upstart-job|Content-Type:)/i;
const JINJA = /^##\s*template:\s*jinja/i;

function formFindings(touch: Touch, reading: LayerReading, { release }: LintContext): readonly Finding[] {
  const { content } = touch;
  if (content === undefined || touch.verb !== 'write') return [];
  const report = (rule: string, line: number, message: string, fix: string) =>
    finding(reading, rule, 'error', { file: touch.file, line, path: touch.path }, message, fix);
  const first = content.text.split('\n')[0] ?? '';
  if (EXECUTED.test(first)) {
    const message = 'files of cloud.cfg.d are cloud-config and nothing else: this is never run or included';
    return [
      report('cfg-header', content.line, message, 'begin it with #cloud-config, and run scripts from a systemd unit'),
    ];
  }
  if (JINJA.test(first)) {
    if (release !== undefined && !WITHOUT_JINJA.includes(release)) return [];
    const message =
      'cloud-init before 22.4 (Amazon Linux) renders no templates in cloud.cfg.d: the file is no valid YAML there';
    return [report('cfg-jinja', content.line, message, 'write it without expressions')];
  }
  // With an expansion of the shell in it, what is written is known on the machine only.
  if (touch.command !== undefined && /[$`]/.test(content.text)) return [];
  const flaws = new CloudConfig(content.text).flaws;
  return flaws
    .slice(0, 1)
    .map(({ line, message }) =>
      report(
        'cfg-yaml',
        lineIn(content, line),
        `cloud-init drops the whole file, as it is no valid YAML: ${message}`,
        'correct it',
      ),
    );
}
