import type { Finding } from '../../model/finding.ts';
import { linesOf } from '../touch.ts';
import { finding, type Rule } from './rule.ts';

/** Lines that carry cloud-init's own mark. */
export const fstabRule: Rule = (reading) =>
  reading.touches.flatMap((touch): readonly Finding[] => {
    if (touch.path !== '/etc/fstab' || touch.verb === 'remove') return [];
    return [...linesOf(touch)].flatMap(({ text, line }) => {
      if (/^\s*#/.test(text) || !text.includes('comment=cloudconfig')) return [];
      const message = 'each new instance drops lines with comment=cloudconfig, by which cloud-init knows its own';
      return [
        finding(
          reading,
          'fstab-comment',
          'error',
          { ...touch, line },
          message,
          'take comment=cloudconfig out of the options',
        ),
      ];
    });
  });

const SUDOERS_DROP_INS = '/etc/sudoers.d/';

/** What sudo refuses to read: see sudoers(5), `@includedir` and "Sudoers file ownership". */
export const sudoersRule: Rule = (reading) =>
  reading.layer.files.flatMap((file): readonly Finding[] => {
    const { path, source, mode, owner, type } = file;
    if (type !== 'file' || !path.startsWith(SUDOERS_DROP_INS)) return [];
    const report = (message: string, fix: string) =>
      finding(reading, 'sudoers-unread', 'error', { file: source, line: 1, path }, message, fix);
    const name = path.slice(SUDOERS_DROP_INS.length);
    if (/[.]|~$/.test(name)) {
      return [
        report(
          'sudo ignores it: the name has a dot or ends in ~',
          `name it ${SUDOERS_DROP_INS}${name.replaceAll(/[.~]/g, '-')}`,
        ),
      ];
    }
    const isOpen = (Number.parseInt(mode, 8) & 0o022) !== 0;
    if (!isOpen && (owner === 'root' || owner === '0')) return [];
    const declared = `layer.yaml: files: [{ path: ${path}, mode: '0440' }]`;
    return [
      report(
        `sudo refuses it: owner ${owner}, mode ${mode}; it has to be root's and writable by nobody else`,
        declared,
      ),
    ];
  });

/** What scripts do that no row covers. */
export const scriptMistakesRule: Rule = (reading) =>
  [...reading.scripts].flatMap(([file, { mistakes }]) =>
    mistakes.map(({ mistake, line }) =>
      finding(reading, mistake.rule, 'error', { file, line }, mistake.message, mistake.fix),
    ),
  );
