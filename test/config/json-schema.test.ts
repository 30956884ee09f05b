import { expect, it } from 'vitest';
import * as z from 'zod';
import example from '../../bake.config.ts';
import { checkForm } from '../../src/config/check.ts';
import { configJsonSchema } from '../../src/config/json-schema.ts';
import { writtenSchema } from '../../src/config/schema.ts';

const schema = configJsonSchema();
const judge = z.fromJSONSchema(schema);
const small = { project: 'acme', region: 'us-east-1', images: { base: { source: 'debian:12' } } };

it('is a schema that editors know', () => {
  expect(schema).toMatchObject({
    $schema: 'http://json-schema.org/draft-07/schema#',
    required: ['project', 'region', 'images'],
  });
  expect(JSON.stringify(schema)).not.toMatch(/9007199254740991|readOnly/);
});

it('has every key of the top level', () => {
  expect(Object.keys(schema.properties as object)).toEqual(['$schema', ...Object.keys(writtenSchema.shape)]);
});

it.each([
  ['the example', example],
  ['the smallest one', small],
  ['one that names its schema', { $schema: './bake.schema.json', ...small }],
  ['any variables', { ...small, variables: { port: 80, limits: { files: [1, null] } } }],
])('takes %s', (_, config) => {
  // As a file has it.
  const written = JSON.parse(JSON.stringify(config));
  expect(judge.safeParse(written)).toMatchObject({ success: true });
  expect(checkForm(written, 'bake.config.json')).toMatchObject({ problems: [], written: { images: written.images } });
});

it.each([
  ['no project', { region: 'us-east-1', images: {} }],
  ['an unknown key', { ...small, colour: 'blue' }],
  ['an unknown key of an image', { ...small, images: { base: { source: 'debian:12', layer: [] } } }],
  ['an unknown value', { ...small, refresh: 'hourly' }],
  ['another type', { ...small, rootVolume: { sizeGiB: '20' } }],
  ['what does not fit a pattern', { ...small, build: { network: { vpc: 'vpc' } } }],
])('refuses %s', (_, config) => {
  expect(judge.safeParse(config).success).toBe(false);
});
