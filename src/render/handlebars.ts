import Handlebars from 'handlebars';
import { BakeError } from '../model/errors.ts';

type Helpers = Readonly<Record<string, (value: never) => string>>;

/**
 * Renders one Handlebars source: nothing is HTML-escaped, and a name that the data lacks is an error, not an empty
 * string. Throws `template-failed` naming the template.
 */
export function renderTemplate(name: string, source: string, data: object, helpers: Helpers = {}): string {
  try {
    const handlebars = Handlebars.create();
    // It would print to the console, and hide a variable of its name.
    handlebars.unregisterHelper('log');
    const template = handlebars.compile(source, { noEscape: true, strict: true, knownHelpers: { log: false } });
    return template(data, { helpers: { ...helpers } as Record<string, Handlebars.HelperDelegate> });
  } catch (cause) {
    if (cause instanceof BakeError) throw cause;
    throw new BakeError({
      code: 'template-failed',
      message: `${name}: ${cause instanceof Error ? cause.message.split('\n')[0] : String(cause)}`,
      hint: 'Names in a template are variables of the image (`variables` in the configuration), or image, project, architecture.',
      blame: 'user',
      cause,
    });
  }
}
