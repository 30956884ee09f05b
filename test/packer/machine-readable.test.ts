import { describe, expect, test } from 'vitest';
import { messagesOf, parseMachineLine } from '../../src/packer/machine-readable.ts';

// Lines of a real Packer 1.6.6, of a shell-local provisioner and of amazon-ebs.
describe('lines that Packer has printed', () => {
  test.each<[line: string, messages: readonly (readonly [kind: string, text: string])[]]>([
    [
      '1795183440,,ui,message,    null.x: one%!(PACKER_COMMA) two ünïcode ☃',
      [['message', '    null.x: one, two ünïcode ☃']],
    ],
    ['1795183440,,ui,message,    amazon-ebs.image: 100%%!(PACKER_COMMA) ok', [['message', '100%, ok']]],
    [
      '1795183440,,ui,say,==> amazon-ebs.image: Stopping the source instance...',
      [['say', 'Stopping the source instance...']],
    ],
    [
      '1795183440,,ui,error,==> amazon-ebs.image: Error waiting\\n==> amazon-ebs.image: caused by: context canceled',
      [
        ['error', 'Error waiting'],
        ['error', 'caused by: context canceled'],
      ],
    ],
    ['1795183440,,ui,message,    amazon-ebs.image:   indented', [['message', '  indented']]],
    [
      '1795183440,amazon-ebs.image,error,Script exited with non-zero exit status: 3.Allowed exit codes are: [0]',
      [['error', 'Script exited with non-zero exit status: 3.Allowed exit codes are: [0]']],
    ],
    [
      '1795183440,,ui,say,\\n==> Builds finished but no artifacts were created.',
      [['say', '==> Builds finished but no artifacts were created.']],
    ],
    [
      '1795183440,,ui,message,progress 1\\rprogress 2\\r\\nend',
      [
        ['message', 'progress 1'],
        ['message', 'progress 2'],
        ['message', 'end'],
      ],
    ],
    ['1795183440,,error-count,1', []],
    ['1795183440,amazon-ebs.image,artifact,0,id,eu-central-1:ami-0f07c0a17abb79be8', []],
    ['1795183440,,ui,say,', []],
    ['1795183440,,ui', []],
    ['1795183440,,ui,unheard-of,text', []],
  ])('%s', (line, messages) => {
    const parsed = parseMachineLine(line);
    expect(parsed && messagesOf(parsed).map(({ kind, text }) => [kind, text])).toEqual(messages);
  });
});

test('the version', () => {
  expect(parseMachineLine('1795183440,,version,1.6.6')).toEqual({ target: '', type: 'version', data: ['1.6.6'] });
});

test('data that holds commas is split at those alone that Packer did not escape', () => {
  const line = '1,b,artifact,0,id,us-east-1:ami-1%!(PACKER_COMMA)us-west-1:ami-2';
  expect(parseMachineLine(line)?.data).toEqual(['0', 'id', 'us-east-1:ami-1,us-west-1:ami-2']);
});

test.each([
  '',
  'panic: runtime error',
  'goroutine 1 [running]:',
  ',,ui,say,x',
  'x,,ui,say',
  '1795183440',
  '12,34',
  '-1,,ui,say,x',
])('%j is no such line', (line) => expect(parseMachineLine(line)).toBeUndefined());
