import { show } from '../problems.ts';
import type { RuleContext } from '../rules.ts';

/** A file's name, that scripts can write without quotes. */
const NAME = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/;
const NAME_RULE = 'letters, digits, underscores and hyphens, starting with a letter, at most 64 characters';

export function secretsRule({ written, report }: RuleContext): void {
  for (const [image, { secrets = {} }] of Object.entries(written.images)) {
    for (const [name, { env, parameter, secretsManager, key }] of Object.entries(secrets)) {
      const path = ['images', image, 'secrets', name];
      if (!NAME.test(name)) report(path, `${show(name)} is not the name of a secret; names are ${NAME_RULE}`);
      const sources = [env, parameter, secretsManager].filter((source) => source !== undefined);
      if (sources.length !== 1) report(path, 'needs one of env, parameter and secretsManager, and not more');
      else if (key !== undefined && secretsManager === undefined) {
        report([...path, 'key'], 'is only there for secretsManager, whose secrets are often JSON objects');
      }
    }
  }
}
