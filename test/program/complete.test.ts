import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import type { CommandIo } from '../../src/commands/io.ts';
import { completionOf } from '../../src/program/complete.ts';
import { createProgram } from '../../src/program/program.ts';

const program = createProgram({} as CommandIo, () => {});
const words = (...line: readonly string[]) => completionOf(program, line).candidates.map(({ word }) => word);

describe('completionOf', () => {
  it('knows every verb but those that nobody types', () => {
    const typed = program.commands.map((one) => one.name()).filter((name) => name !== 'complete');
    expect(words('')).toEqual(typed);
    expect(words('sandbox', '')).toEqual(['up', 'down', 'status', 'reset']);
  });

  it('knows every option of every verb', () => {
    for (const path of everyVerb(program)) {
      const command = path.reduce<Command>((at, name) => at.commands.find((one) => one.name() === name) ?? at, program);
      const flags = command.options.map(({ long }) => long);
      expect(words(...path, '-'), path.join(' ')).toEqual(expect.arrayContaining([...flags, '--help']));
    }
  });

  it.each([
    [['service', ''], ['image']],
    [['service', 'api', ''], ['image']],
    [['try', ''], ['image']],
    [['promote', '--to', ''], ['channel']],
    [['promote', '--to', 'prod', ''], ['image']],
    [['try', 'api', '--channel', ''], ['channel']],
    [['all', '--except', 'a', ''], ['image']],
    [['region-config', 'push', ''], ['image']],
    [['diff', 'api', ''], []],
    [['list', '--json', ''], ['image']],
    [['plan', '--var', ''], ['variable']],
    [['service', 'api', '--artifact', ''], ['artifact']],
    [['service', 'api', '--artifact', 'app=./api.tgz', ''], ['image']],
    [['service', 'api', '--var', 'httpPort='], []],
  ])('takes the names of the configuration for bake %j', (line, names) => {
    expect(completionOf(program, line)).toMatchObject({ names, files: false });
  });

  it.each([
    [['base', '--on-failure', ''], ['finish-independent', 'stop', 'keep-going'], ''],
    [['base', '--on-failure=st'], ['finish-independent', 'stop', 'keep-going'], '--on-failure='],
    [['plan', '--arch', ''], ['x86_64', 'arm64'], ''],
    [['ci', ''], ['github', 'gitlab', 'codebuild'], ''],
    [['completion', ''], ['bash', 'zsh', 'fish'], ''],
    [['export', 'api', '--format', ''], ['cloudformation', 'terraform', 'cdk', 'json'], ''],
  ])('knows the values for bake %j', (line, candidates, prefix) => {
    expect(words(...line).sort()).toEqual([...candidates].sort());
    expect(completionOf(program, line).prefix).toBe(prefix);
  });

  it('leaves paths to the shell', () => {
    for (const line of [
      ['plan', '--config', ''],
      ['base', '--junit=out'],
      ['render', 'api', '--out', ''],
      ['service', 'api', '--artifact', 'app=./dist/'],
      ['service', 'api', '--artifact=app=./dist/'],
    ]) {
      expect(completionOf(program, line)).toEqual({
        candidates: [],
        names: [],
        files: true,
        prefix: expect.anything(),
        suffix: '',
      });
    }
  });

  it('takes what follows -- for no option', () => {
    expect(completionOf(program, ['list', '--', '-'])).toMatchObject({ names: ['image'], candidates: [] });
  });

  it('offers the options where nothing else can stand', () => {
    expect(words('doctor', '')).toContain('--json');
  });
});

function everyVerb(command: Command): readonly (readonly string[])[] {
  return command.commands.flatMap((one) => [[one.name()], ...everyVerb(one).map((rest) => [one.name(), ...rest])]);
}
