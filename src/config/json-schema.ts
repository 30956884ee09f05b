import * as z from 'zod';
import { writtenSchema } from './schema.ts';

/** The form of a configuration as JSON schema, for editors. What only code can check, it lets stand. */
export function configJsonSchema(): Readonly<Record<string, unknown>> {
  const { $schema, properties, ...schema } = z.toJSONSchema(writtenSchema, {
    io: 'input',
    // What editors know best.
    target: 'draft-7',
    // Variables: any JSON.
    unrepresentable: 'any',
    override: ({ jsonSchema }) => {
      // Of a type of ours, not of what may be written.
      delete jsonSchema.readOnly;
      // Where numbers of JavaScript end.
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
    },
  });
  return {
    $schema,
    title: 'Configuration of bake',
    ...schema,
    properties: { $schema: { type: 'string' }, ...properties },
  };
}
