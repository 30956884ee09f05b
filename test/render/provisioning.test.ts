import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Layer, LayerStep } from '../../src/model/image.ts';
import {
  BUILD_DIR,
  ownersFile,
  provisionSteps,
  segments,
  shellQuote,
  stepsFile,
  variablesFile,
} from '../../src/render/provisioning.ts';
import { layer, layerFile, packerFile, playbook, REBOOT, script } from '../helpers/builders.ts';
import { NASTY_STRINGS } from '../helpers/hcl-unescape.ts';

const FILE = layerFile('/etc/x');
const OWNED = layerFile('/srv/x', { owner: 'app', group: 'www', mode: '0640' });
const A = script('10-a.sh');
const B = script('20-b.sh');
const PLAYBOOK = playbook();
const LEGACY = packerFile('provisioner "shell" {\n  inline = ["true"]\n}\n');

const steps = (...layers: readonly Layer[]) =>
  provisionSteps(layers).map(({ number, layer, action, ...rest }) =>
    [number, layer.name, action, ...('script' in rest ? [rest.script] : [])].join(' '),
  );

describe('steps', () => {
  test.each<[string, readonly Layer[], string[]]>([
    ['none', [], []],
    ['a layer without anything', [layer('a')], []],
    ['a layer with only files', [layer('a', { files: [FILE] })], ['1 a files']],
    [
      'owners after the scripts that may create them',
      [layer('a', { files: [FILE, OWNED], steps: [A] })],
      ['1 a files', '2 a script scripts/10-a.sh', '3 a owners'],
    ],
    [
      'a group of its own is an owner too',
      [layer('a', { files: [{ ...FILE, group: 'x' }] })],
      ['1 a files', '2 a owners'],
    ],
    [
      'layers in order, reboots where they are',
      [layer('a', { steps: [A, REBOOT, B] }), layer('b', { files: [FILE] })],
      ['1 a script scripts/10-a.sh', '2 a reboot', '3 a script scripts/20-b.sh', '4 b files'],
    ],
    [
      'a template lacks its ending on the machine',
      [layer('a', { steps: [script('10-a.sh.hbs', { template: true }), script('20-b.hbs')] })],
      ['1 a script scripts/10-a.sh', '2 a script scripts/20-b.hbs'],
    ],
  ])('%s', (_, layers, expected) => expect(steps(...layers)).toEqual(expected));

  test('as the builder reads them', () => {
    const layers = [layer('a', { files: [OWNED], steps: [REBOOT] }), layer('b', { steps: [A] })];
    expect(stepsFile(provisionSteps(layers), layers)).toBe(
      '1\tfiles\t1\t-\n2\treboot\t1\t-\n3\towners\t1\t-\n4\tscript\t2\tscripts/10-a.sh\n',
    );
    expect(ownersFile(layer('a', { files: [FILE, OWNED] }))).toBe('app\twww\t0640\t/srv/x\n');
  });
});

describe('segments around reboots', () => {
  /** The verbs, a list per run of the shell provisioner; `+` where the machine has just started, `!` where it restarts. */
  const verbs = (...list: readonly LayerStep[]) =>
    segments(provisionSteps([layer('a', { steps: list })])).map((segment) => {
      if (segment.kind === 'outside') return segment.step.action;
      const words = segment.commands.flatMap((command) => command.split('run.sh ')[1] ?? []);
      return (segment.isFresh ? '+ ' : '') + words.join(', ') + (segment.reboots ? ' !' : '');
    });

  test.each<[string, readonly LayerStep[], string[]]>([
    ['none', [A, B], ['+ prepare, steps 1 2, finish']],
    ['no steps at all', [], ['+ prepare, finish']],
    ['in the middle', [A, REBOOT, B], ['+ prepare, steps 1 1, reboot 2 !', '+ rebooted 2, steps 3 3, finish']],
    ['first', [REBOOT, A], ['+ prepare, reboot 1 !', '+ rebooted 1, steps 2 2, finish']],
    ['last', [A, REBOOT], ['+ prepare, steps 1 1, reboot 2 !', '+ rebooted 2, finish']],
    [
      'two in a row',
      [A, REBOOT, REBOOT, B],
      ['+ prepare, steps 1 1, reboot 2 !', '+ rebooted 2, reboot 3 !', '+ rebooted 3, steps 4 4, finish'],
    ],
    ['alone', [REBOOT], ['+ prepare, reboot 1 !', '+ rebooted 1, finish']],
    [
      'and around what is Packer’s',
      [A, PLAYBOOK, LEGACY, B, REBOOT, PLAYBOOK],
      [
        '+ prepare, steps 1 1, begin 2',
        'ansible',
        'end 2, begin 3',
        'packer',
        'end 3, steps 4 4, reboot 5 !',
        '+ rebooted 5, begin 6',
        'ansible',
        'end 6, finish',
      ],
    ],
  ])('%s', (_, list, expected) => expect(verbs(...list)).toEqual(expected));

  test('run each step once, in order, and unpack the payload once', () => {
    const list = fc.array(fc.constantFrom<LayerStep>(A, REBOOT, PLAYBOOK));
    fc.assert(
      fc.property(list, (list) => {
        const text = segments(provisionSteps([layer('a', { steps: list })]))
          .flatMap((segment) => (segment.kind === 'shell' ? segment.commands : `run.sh reboot ${segment.step.number}`))
          .join('\n');
        const ran = [...text.matchAll(/run\.sh (?:steps (\d+) (\d+)|reboot (\d+))$/gm)].flatMap(([, from, to, at]) =>
          at === undefined
            ? Array.from({ length: Number(to) - Number(from) + 1 }, (_, n) => Number(from) + n)
            : [Number(at)],
        );
        expect(ran).toEqual(list.map((_, n) => n + 1));
        expect(text.match(/tar -xf/g)).toHaveLength(1);
        expect(text).toContain(`sh ${BUILD_DIR}/run.sh finish`);
      }),
    );
  });

  test('hold no word of a user', () => {
    const nasty = layer('a', { files: [layerFile('/{{x}}')], steps: [script('{{evil}} $(x).sh')] });
    expect(JSON.stringify(segments(provisionSteps([nasty])))).not.toMatch(/evil|\$\(|\{\{/);
  });
});

describe('variables arrive verbatim in a real sh', () => {
  const environmentOf = (variables: Parameters<typeof variablesFile>[0], names: readonly string[]) => {
    const file = variablesFile(variables, { BAKE_IMAGE: 'api' });
    const show = names.map((name) => `printf '%s\\0' "$${name}"`).join('\n');
    const printed = execFileSync('sh', ['-eu'], { input: `${file}\n${show}\n`, env: { PATH: process.env.PATH } });
    return printed.toString('utf8').split('\0').slice(0, -1);
  };

  test('strings', () => {
    const names = NASTY_STRINGS.map((_, n) => `v${n}`);
    const variables = Object.fromEntries(NASTY_STRINGS.map((text, n) => [`v${n}`, text]));
    expect(
      environmentOf(
        variables,
        names.map((name) => `BAKE_VAR_${name}`),
      ),
    ).toEqual(NASTY_STRINGS);
  });

  test('any string without a NUL, which no environment holds', () => {
    const strings = fc.array(
      fc.string({ unit: 'grapheme' }).map((text) => text.replaceAll('\0', '')),
      { maxLength: 20 },
    );
    fc.assert(
      fc.property(strings, (strings) => {
        const variables = Object.fromEntries(strings.map((text, n) => [`v${n}`, text]));
        expect(
          environmentOf(
            variables,
            Object.keys(variables).map((name) => `BAKE_VAR_${name}`),
          ),
        ).toEqual(strings);
      }),
      { numRuns: 20 },
    );
  });

  test('what is no string', () => {
    const variables = { n: 8080, b: false, no: null, list: ["it's", 1], map: { a: '$x' } };
    const names = ['BAKE_IMAGE', ...Object.keys(variables).map((name) => `BAKE_VAR_${name}`)];
    expect(environmentOf(variables, names)).toEqual(['api', '8080', 'false', '', `["it's",1]`, '{"a":"$x"}']);
  });
});

test('a quoted word is one word', () => {
  const words = ['-n', "a'b", '*', ''];
  const printed = execFileSync('sh', ['-c', `printf '%s|' ${words.map(shellQuote).join(' ')}`]);
  expect(printed.toString()).toBe("-n|a'b|*||");
});
