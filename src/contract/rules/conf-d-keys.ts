import { CONFIG_MISTAKES } from './mistakes.ts';
import { finding, type Rule } from './rule.ts';

/** Settings of cloud.cfg.d that do harm, or nothing. */
export const confDKeysRule: Rule = (reading, { confD, release }) =>
  confD
    .filter((file) => file.reading === reading)
    .flatMap(({ config, touch, lineOf }) => {
      const at = (path: readonly string[]) => ({
        file: touch.file,
        line: lineOf(path),
        path: touch.path,
      });
      const mistakes = CONFIG_MISTAKES.flatMap((mistake) => {
        const { path, releases } = mistake;
        if (release !== undefined && releases !== undefined && !releases.includes(release)) return [];
        const value = config.at(path);
        if (value === undefined || !mistake.is(value)) return [];
        return [finding(reading, mistake.rule, mistake.severity, at(path), mistake.message, mistake.fix)];
      });
      const list = ['datasource_list'];
      if (!config.spansLines(list)) return mistakes;
      const message = 'ds-identify is a shell script that reads the first line of the list and no more';
      return [...mistakes, finding(reading, 'dslist', 'error', at(list), message, 'datasource_list: [Ec2, None]')];
    });
