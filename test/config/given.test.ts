import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Given, withGiven } from '../../src/config/given.ts';
import type { Variables } from '../../src/model/image.ts';
import { artifact, base, config, imageName, service } from '../helpers/builders.ts';
import { NASTY_STRINGS } from '../helpers/hcl-unescape.ts';

const VARIABLES: Variables = {
  port: 80,
  name: 'api',
  debug: false,
  hosts: ['a'],
  limits: { files: 1 },
  later: null,
};
const CONFIG = config([
  base('base', { variables: { port: 80 }, artifacts: [artifact('tools')] }),
  service('api', 'base', { variables: VARIABLES, artifacts: [artifact('app'), artifact('tools')] }),
  service('web', 'base', { variables: VARIABLES }),
]);
const API = imageName('api');

const given = (given: Given, asked = ['api']) => withGiven(CONFIG, asked.map(imageName), given, '/work');
const variable = (text: string) => given({ var: [text] }).images.get(API)?.variables;

test.each<[string, Variables]>([
  ['port=8080', { port: 8080 }],
  ['port=1e3', { port: 1000 }],
  ['name=80', { name: '80' }],
  ['name="x"', { name: '"x"' }],
  ['name=', { name: '' }],
  ['name=a=b.c=d', { name: 'a=b.c=d' }],
  ['debug=true', { debug: true }],
  ['hosts=["b","c"]', { hosts: ['b', 'c'] }],
  ['limits={"files":2}', { limits: { files: 2 } }],
  ['later=soon', { later: 'soon' }],
  ['later=1.10.0', { later: '1.10.0' }],
  ['hosts=["1.10", 1e3]', { hosts: ['1.10', 1000] }],
  ['later=[1]', { later: [1] }],
  ['api.port=1', { port: 1 }],
])('--var %s', (text, changed) => expect(variable(text)).toEqual({ ...VARIABLES, ...changed }));

test('text arrives as it was written', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), (text) => {
      expect(variable(`name=${text}`)?.name).toBe(text);
    }),
    { examples: NASTY_STRINGS.map((text): [string] => [text]) },
  );
});

test.each<[string, string, string | undefined]>([
  ['port=eighty', '--var port: "eighty" is not a number, as in the configuration', 'Its value there: 80'],
  ['port="80"', '--var port: "\\"80\\"" is not a number, as in the configuration', undefined],
  [
    'port=8080.10',
    '--var port: "8080.10" would arrive as 8080.1',
    expect.stringContaining('Make it a string') as string,
  ],
  ['later=12345678901234567890', '--var later: "12345678901234567890" would arrive as 12345678901234567000', undefined],
  ['hosts=["1.10",1.10]', '--var hosts: "[\\"1.10\\",1.10]" would arrive as ["1.10",1.1]', undefined],
  ['later="\\u0000"', '--var later: has a NUL character, which no path, environment or tag can hold', undefined],
  [
    'limits={"files":"\\ud800"}',
    '--var limits.files: has half of a character (a lone surrogate), which UTF-8 cannot hold',
    undefined,
  ],
  ['hosts=[1e400]', '--var hosts: "[1e400]" would arrive as [null]', undefined],
  ['name=\uFFFD', '--var name: the value is not UTF-8, or has the character that stands for that, U+FFFD', undefined],
  ['debug=yes', '--var debug: "yes" is not true or false, as in the configuration', undefined],
  ['hosts={}', '--var hosts: "{}" is not a list in JSON, as in the configuration', undefined],
  ['limits=null', '--var limits: "null" is not an object in JSON, as in the configuration', undefined],
  [
    'prot=1',
    '--var prot: there is no such variable in api; there are debug, hosts, later, limits, name, port',
    'Did you mean port?',
  ],
  [
    'colour=1',
    expect.stringContaining('there is no such variable') as string,
    'It has to be in the configuration first: variables.colour',
  ],
  ['port', '--var "port" is not name=value', 'For one image: --var image.name=value'],
  ['=1', '--var "=1" is not name=value', undefined],
  ['web.port=1', '--var web.port=1: "web" is not among the images asked for: api', undefined],
  ['apo.port=1', expect.stringContaining('not among the images') as string, 'Did you mean api.port?'],
])('--var %s is refused', (text, message, hint) => {
  expect(() => variable(text)).toThrow(
    expect.objectContaining({ code: 'usage', message, ...(hint === undefined ? {} : { hint }) }),
  );
});

test('it is for the images asked for that have the name, and for no others', () => {
  const ports = (all: Given, asked: string[]) =>
    [...given(all, asked).images.values()].map(({ variables }) => variables.port);
  expect(ports({ var: ['port=1'] }, ['api'])).toEqual([80, 1, 80]);
  expect(ports({ var: ['port=1', 'web.port=2'] }, ['base', 'api', 'web'])).toEqual([1, 1, 2]);
  expect(
    [...given({ var: ['name=x'] }, ['base', 'web']).images.values()].map(({ variables }) => variables.name),
  ).toEqual([undefined, 'api', 'x']);
});

test('an artefact comes from elsewhere, and its checksum was that of what was written', () => {
  const from = (value: string) =>
    given({ artifact: [`app=${value}`] })
      .images.get(API)
      ?.artifacts?.map(({ sha256, from }) => [from, sha256 !== undefined]);
  expect(from('./dist/x=1')).toEqual([
    [{ file: '/work/dist/x=1' }, false],
    [{ file: '/project/dist/tools' }, true],
  ]);
  expect(from('s3://acme-builds/x')?.[0]).toEqual([{ s3: { bucket: 'acme-builds', key: 'x' } }, false]);
});

test.each([
  ['ap=x', /there is no such artefact in api; there are app, tools/],
  ['app=', /names no file/],
  ['app=https://example.com/x', /takes no URL/],
  ['app=s3:/x', /is not an object in S3/],
  ['base.tools=x', /not among the images asked for/],
])('--artifact %s is refused', (text, message) => {
  expect(() => given({ artifact: [text] })).toThrow(
    expect.objectContaining({ code: 'usage', message: expect.stringMatching(message) }),
  );
});
