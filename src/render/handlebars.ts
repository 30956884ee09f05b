import { isUtf8 } from 'node:buffer';
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
    const text = template(data, { helpers: { ...helpers } as Record<string, Handlebars.HelperDelegate> });
    // What JavaScript writes for an object.
    if (!text.includes(String({})) || source.includes(String({}))) return text;
    throw new Error('prints a value that has values of its own; print those');
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

/** The source of a template. Throws `template-unreadable` for what is no text, since it would come out as something else. */
export function templateText(name: string, content: Buffer): string {
  if (isUtf8(content)) return content.toString('utf8');
  throw new BakeError({
    code: 'template-unreadable',
    message: `${name} is a template and not UTF-8`,
    hint: 'Save it as UTF-8. Of a layer, files without .hbs are taken as they are.',
    blame: 'user',
  });
}
