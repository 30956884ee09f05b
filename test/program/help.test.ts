import type { Command } from 'commander';
import { expect, it } from 'vitest';
import type { CommandIo } from '../../src/commands/io.ts';
import { createProgram } from '../../src/program/program.ts';

let printed = '';
const stdout = { write: (text: string) => (printed += text) };
const program = createProgram({ stdout, stderr: stdout } as unknown as CommandIo, () => {});

const verbs = (command: Command, before: string): readonly (readonly [name: string, verb: Command])[] =>
  command.commands
    .filter((verb) => verb.name() !== 'complete')
    .flatMap((verb) => [[`${before} ${verb.name()}`, verb] as const, ...verbs(verb, `${before} ${verb.name()}`)]);

it.each(verbs(program, 'bake'))('%s --help has a sentence and examples of it', (name, verb) => {
  printed = '';
  verb.outputHelp();
  expect(verb.description()).toMatch(/^[a-z].*[^.]$/s);
  const [, examples = ''] = printed.split('\nExamples:\n');
  const lines = examples.split('\n').filter((line) => line.startsWith('  '));
  expect(lines.some((line) => line.includes(name))).toBe(true);
});

it.each([['bake', program] as const, ...verbs(program, 'bake')])(
  '%s --help fits eighty columns but for examples',
  (_, verb) => {
    const help = verb.createHelp();
    help.helpWidth = 80;
    const [described = ''] = help.formatHelp(verb, help).split('\nExamples:');
    expect(described.split('\n').filter((line) => line.length > 80)).toEqual([]);
  },
);
