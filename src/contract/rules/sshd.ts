import type { Finding } from '../../model/finding.ts';
import { byCodePoint } from '../cloud-config.ts';
import type { LayerReading } from '../lineage.ts';
import { UBUNTU } from '../release.ts';
import { linesOf, type Touch } from '../touch.ts';
import { finding, type LintContext, type Rule } from './rule.ts';

const MAIN = '/etc/ssh/sshd_config';
const DROP_INS = '/etc/ssh/sshd_config.d/';
const CLOUD_INIT = '50-cloud-init.conf';

/** sshd keeps the first value that it reads, and it reads drop-ins by name. */
export const sshdRule: Rule = (reading, context) =>
  reading.touches.flatMap((touch) => {
    if (touch.verb === 'remove') return [];
    if (touch.path === MAIN) return mainFindings(touch, reading);
    return touch.path.startsWith(DROP_INS) ? dropInFindings(touch, reading, context) : [];
  });

function dropInFindings(touch: Touch, reading: LayerReading, { release }: LintContext): readonly Finding[] {
  const name = touch.path.slice(DROP_INS.length);
  const at = (line: number) => ({ file: touch.file, line, path: touch.path });
  if (!name.endsWith('.conf') || name.includes('/')) {
    const message = 'sshd never reads it: sshd_config includes sshd_config.d/*.conf';
    return [finding(reading, 'sshd-unread', 'error', at(touch.line), message, `name it ${DROP_INS}${name}.conf`)];
  }
  const first =
    release !== undefined && UBUNTU.includes(release) ? `${CLOUD_INIT} and 60-cloudimg-settings.conf` : CLOUD_INIT;
  const line = passwordLine(touch);
  if (line === undefined || byCodePoint(name, CLOUD_INIT) <= 0) return [];
  const message = `loses against ${first}, which cloud-init or the image brings: sshd keeps the first value that it reads, and reads drop-ins in the order of their names`;
  const fix = `rename it so that it sorts before 50-: ${DROP_INS}10-${name.replace(/^\d+[-_]/, '')}`;
  return [finding(reading, 'sshd-order', 'error', at(line), message, fix)];
}

function mainFindings(touch: Touch, reading: LayerReading): readonly Finding[] {
  const at = (line: number) => ({ file: touch.file, line, path: touch.path });
  const found: Finding[] = [];
  const line = passwordLine(touch);
  if (line !== undefined) {
    const message = `loses against ${CLOUD_INIT} wherever there is one, since drop-ins are included at the top of the file`;
    const fix = `put it into a file of its own that sorts before 50-: ${DROP_INS}10-<name>.conf`;
    found.push(finding(reading, 'sshd-main', 'warning', at(line), message, fix));
  }
  const isWhole = touch.verb === 'write' && touch.content !== undefined;
  // Exactly this line, without blanks before it, is what cloud-init looks for.
  if (isWhole && !/^Include \/etc\/ssh\/sshd_config\.d\/\*\.conf/m.test(touch.content?.text ?? '')) {
    const message =
      'without the line "Include /etc/ssh/sshd_config.d/*.conf" cloud-init edits this file: it takes all indentation off and changes PasswordAuthentication in Match blocks too';
    found.push(
      finding(
        reading,
        'sshd-include',
        'warning',
        at(touch.line),
        message,
        'add the line, without blanks before it, at the top',
      ),
    );
  }
  return found;
}

/** A setting inside a Match block is for some users only, and nobody's default. */
function passwordLine(touch: Touch): number | undefined {
  const isEdit = touch.content === undefined;
  for (const { text, line } of linesOf(touch)) {
    if (isEdit) return /passwordauthentication/i.test(text) ? line : undefined;
    if (/^\s*match\b/i.test(text)) return undefined;
    if (/^\s*passwordauthentication\b/i.test(text)) return line;
  }
  return undefined;
}
