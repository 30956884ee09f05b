import { describe, expect, test } from 'vitest';
import { commandsOf } from '../../src/contract/shell/commands.ts';
import { touchesOf } from '../../src/contract/shell/touches.ts';

const wordsOf = (text: string) => commandsOf(text).map(({ words }) => words);

describe('commands', () => {
  const cases: readonly (readonly [name: string, text: string, words: readonly (readonly string[])[]])[] = [
    ['operators', 'a 1 && b || c; d & e', [['a', '1'], ['b'], ['c'], ['d'], ['e']]],
    ['quotes', `a 'b c' "d e" f\\ g h'i'"j"`, [['a', 'b c', 'd e', 'f g', 'hij']]],
    ['comments', 'a # b\n# c\nd#e', [['a'], ['d#e']]],
    ['continued lines', 'a \\\n  b', [['a', 'b']]],
    ['keywords and assignments', 'if X=1 a; then b; fi', [['a'], ['b']]],
    ['expansions are one word', 'a $(b c) "$(g "h i")"', [['a', '$(b c)', '$(g "h i")']]],
    ['groups', '(a; b) && { c; }', [['a'], ['b'], ['c']]],
    ['no end to a quote', "a 'b", [['a', 'b']]],
    ['input', 'a <b <<<c 2>d', [['a']]],
  ];
  for (const [name, text, words] of cases) test(name, () => expect(wordsOf(text)).toEqual(words));

  test('lines are those of the first word', () => {
    expect(commandsOf('\na\n\n  b \\\n c\nd').map(({ line }) => line)).toEqual([2, 4, 6]);
  });

  test('here-documents, two on a line, with and without tabs', () => {
    const [a, b, c] = commandsOf('a <<X; b <<-Y\n1\nX\n\t2\n\tY\nc');
    expect(a?.hereDocument).toEqual({ text: '1\n', line: 2 });
    expect(b?.hereDocument).toEqual({ text: '2\n', line: 4 });
    expect(c).toMatchObject({ words: ['c'], line: 6 });
  });

  test('pipes go on over lines', () => {
    expect(commandsOf('a |\n b\nc').map(({ piped }) => piped)).toEqual([false, true, false]);
  });
});

describe('touches', () => {
  const cases: readonly (readonly [text: string, touched: readonly string[]])[] = [
    ['echo a > /b', ['write /b']],
    ['echo a >> /b', ['append /b']],
    ['echo a 2>/b', []],
    ['> /a', ['write /a']],
    ['a | tee /b /c', ['write /b', 'write /c']],
    ['a | tee -a /b', ['append /b']],
    ['cp a b/ /c/', ['write /c/a', 'write /c/']],
    ['cp -a a /c', ['write /c']],
    ['mv /a /b', ['write /b', 'remove /a']],
    ['install -m 0644 a /b', ['write /b']],
    ['install -d /b', []],
    ['rm -rf /a /b', ['remove /a', 'remove /b']],
    ['truncate -s 0 /a', ['remove /a']],
    ['truncate --size=10M /a', ['edit /a']],
    ['ln -s a /b', ['link /b']],
    ["sed -i -e 's/x/y/' /a/b", ['edit /a/b']],
    ["sed -i '/x/d' /a/b", ['edit /a/b']],
    ["sed 's/x/y/' /a/b", []],
    ["perl -pi -e 's/x/y/' /a/b", ['edit /a/b']],
    ['dd if=/dev/zero of=/swapfile', ['write /swapfile']],
    ['env A=b sudo -n touch /a', ['write /a']],
    ['touch "$A/b" /c$D', []],
  ];
  for (const [text, touched] of cases) {
    test(text, () => {
      const commands = commandsOf(text);
      const touches = commands.flatMap((command, position) => touchesOf(command, 's', commands[position - 1]));
      expect(touches.map(({ verb, path }) => `${verb} ${path}`)).toEqual(touched);
    });
  }
});
