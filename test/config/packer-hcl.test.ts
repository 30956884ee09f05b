// biome-ignore-all lint/suspicious/noTemplateCurlyInString: they are Packer's.

import { describe, expect, test } from 'vitest';
import { readPackerHcl } from '../../src/config/layers/packer-hcl.ts';
import { block, PACKER_HCL_CASES } from '../helpers/packer-hcl-cases.ts';

const flaws = (text: string) => readPackerHcl(text).flaws.map(({ line, message }) => `${line}: ${message}`);

describe('what is taken', () => {
  test.each(PACKER_HCL_CASES)('%s', (_, text, provisioners) => {
    expect(readPackerHcl(text)).toMatchObject({ provisioners, flaws: [] });
  });
});

describe('what is refused, and where', () => {
  test.each<[string, string, readonly string[]]>([
    ['nothing', '# none\n', ['1: there is no provisioner block']],
    ['an attribute', `x = {\n  y = 1\n}\n${block('')}`, ['1: x is no block; only provisioner blocks stand here']],
    [
      'a block that JavaScript knows',
      'constructor {\n}\n',
      ['1: constructor is not allowed; only provisioner blocks stand here'],
    ],
    ['words', 'hello\n', ['1: hello is no block; only provisioner blocks stand here']],
    [
      'a whole template',
      `packer {\n}\nvariable "x" {\n}\nbuild {\n  ${block('')}}\n`,
      [
        '1: packer is not allowed; bake writes required_plugins itself',
        '3: variable is not allowed; there are no variables of Packer; write the value',
        '5: build is not allowed; write the provisioner blocks that are in it, and nothing around them',
      ],
    ],
    [
      'what comes after',
      `${block('')}post-processor "manifest" {\n}\n`,
      ['4: post-processor is not allowed; what comes after an image is for bake all, promote and region-config to do'],
    ],
    ['no type', 'provisioner {\n}\n', ['1: a provisioner has one label, its type: provisioner "shell" { … }']],
    [
      'two types',
      'provisioner "a" "b" {\n}\n',
      ['1: a provisioner has one label, its type: provisioner "shell" { … }'],
    ],
    ['two on a line', 'provisioner "a" {} provisioner "b" {}\n', ['1: a block ends its line']],
    ['an end too many', `${block('')}}\nprovisioner "shell" {\n`, ['4: } closes nothing']],
    ['an end of another kind', block('  x = [1}'), ['2: } closes nothing']],
    ['no end', '\nprovisioner "shell" {\n  inline = [\n', ['2: { is not closed']],
    ['a string without an end', block('  x = "abc'), ['2: a string is not closed']],
    ['an expression without an end', `${'provisioner "shell" {\n  x = "$'}{abc\n`, ['2: ${ is not closed']],
    ['a heredoc without an end', block('  x = <<EOF\n'), ['2: <<EOF is not closed']],
    ['a comment without an end', `${block('')}/* x`, ['4: /* is not closed']],
    [
      'only',
      block('  only = ["amazon-ebs.ubuntu"]'),
      ['2: only is not allowed: there is one source, amazon-ebs.image, and a step that is left out in silence is none'],
    ],
    [
      'variables, locals and data, wherever they are',
      block('  inline = [var.a, "x ${upper("${local.b}")} y", <<EOF\n%{ if data.c.d }\nEOF\n  ]'),
      ['var.a', 'local.b', 'data.c'].map(
        (name, at) =>
          `${at === 2 ? 3 : 2}: ${name} is not there; write the value, or have a script read BAKE_VAR_<name>`,
      ),
    ],
  ])('%s', (_, text, expected) => expect(flaws(text)).toEqual(expected));
});

describe('files that it names', () => {
  test.each<[string, string, readonly string[]]>([
    [
      'scripts',
      '  script = "a.sh"\n  scripts = ["b.sh", "${path.root}/c.sh", "${path.cwd}/d.sh"]',
      ['a.sh', 'b.sh', './c.sh', './d.sh'],
    ],
    ['sources', '  source = "a"\n  destination = "/b"', ['a']],
    ['no sources of a download', '  direction = "download"\n  source = "/a"\n  destination = "b"', []],
    ['what functions read', '  content = templatefile("a.tpl", { x = file("b") })\n  y = upper("c")', ['a.tpl', 'b']],
    ['playbooks', '  playbook_file = "site.yml"\n  galaxy_file = "r.yml"\n  user = "x"', ['site.yml', 'r.yml']],
    [
      'those of Chef, Puppet and Salt',
      '  cookbook_paths = ["a"]\n  manifest_file = "b.pp"\n  module_paths = ["c"]\n  local_state_tree = "d"\n  run_list = ["x"]',
      ['a', 'b.pp', 'c', 'd'],
    ],
    ['none that only a run knows', '  source = "${build.ID}/x"\n  script = "x${1}"', []],
    ['none of a nested block', '  override {\n    script = "a"\n  }', []],
  ])('%s', (_, body, expected) => {
    expect(readPackerHcl(block(body)).paths.map(({ path }) => path)).toEqual(expected);
  });
});
