import type { Finding } from '../../model/finding.ts';
import { CloudConfig } from '../cloud-config.ts';
import { regionalIn } from '../neutral/scan.ts';
import { meantKey } from '../user-data/keys.ts';
import { headerOf, kindOf } from '../user-data/kind.ts';
import { fixOf, messageOf } from './neutral.ts';
import { finding, type Rule } from './rule.ts';
import { mistakesIn } from './user-data.ts';

/** The layer's own parts of user-data: what cloud-init would pass over, and what would not be the same in every region. */
export const userDataPartsRule: Rule = (reading) =>
  reading.layer.userData.flatMap(({ source }): readonly Finding[] => {
    const text = reading.texts.get(source);
    const report = (
      rule: string,
      line: number,
      message: string,
      fix: string,
      severity: Finding['severity'] = 'error',
    ) => finding(reading, rule, severity, { file: source, line }, message, fix);
    if (text === undefined || text.includes('\uFFFD')) {
      const message = 'a new instance would get something else: it has a NUL, is not UTF-8, or is larger than 256 KiB';
      return [report('user-data-text', 1, message, 'save it as UTF-8 text')];
    }
    const kind = kindOf(source, text);
    if (kind === undefined) {
      const header = headerOf(source);
      const message = 'a new instance ignores it, or takes it for something else: its first line says what a part is';
      return [report('user-data-header', 1, message, `begin it with ${header}`)];
    }
    const regional = text.split('\n').flatMap((line, index) =>
      regionalIn(line).map((found) => {
        const { match, row } = found;
        return { ...report(row.id, index + 1, messageOf(found), fixOf(found)), match, key: row.key };
      }),
    );
    if (kind === 'script' || kind === 'boothook') return regional;
    const config = new CloudConfig(text);
    const [flaw] = config.flaws;
    // A template may be YAML only once the machine has rendered it.
    if (flaw !== undefined && kind === 'jinja') return regional;
    if (flaw !== undefined) {
      return [report('user-data-yaml', flaw.line, `a new instance ignores all of it: ${flaw.message}`, 'correct it')];
    }
    const keys = Object.keys(config.value).flatMap((key) => {
      const meant = meantKey(key);
      if (/^merge_(?:how|type)$/.test(key)) {
        const message = 'parts are merged so that no key is lost, and this part would be merged in another way';
        return [report('user-data-merge', config.lineOf([key]), message, `remove ${key}`)];
      }
      if (meant === undefined) return [];
      return [
        report('user-data-key', config.lineOf([key]), `cloud-init does not know the key ${key}`, `write ${meant}`),
      ];
    });
    const mistakes = mistakesIn(config).map(({ rule, line, message, fix, severity }) =>
      report(rule, line, message, fix, severity),
    );
    return [...keys, ...mistakes, ...regional];
  });
