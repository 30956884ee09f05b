import { describe, expect, test } from 'vitest';
import { unifiedDiff } from '../../src/report/unified-diff.ts';
import { renderTemplateOf } from '../../src/run/rendered-folder.ts';
import { loadTemplates } from '../../src/run/templates.ts';
import { amiId } from '../helpers/builders.ts';
import { renderRequestOf, TEMPLATE_CASES } from '../helpers/template-cases.ts';

const templates = await loadTemplates(undefined);
const render = (one: (typeof TEMPLATE_CASES)[number]) => renderTemplateOf(renderRequestOf(one, templates));

/** One is kept whole, and of the others what is not as in that one. */
describe('golden files', () => {
  const fixtures = '../fixtures/rendered';
  const whole = TEMPLATE_CASES.find(({ name }) => name === 'base-1.6.6');
  const before = whole && render(whole);

  test.each(TEMPLATE_CASES)('$name', async (one) => {
    const path = 'base-1.6.6.pkr.hcl';
    if (one === whole) await expect(before).toMatchFileSnapshot(`${fixtures}/${path}`);
    else {
      const diff = unifiedDiff({ path, before, after: render(one) });
      await expect(diff).toMatchFileSnapshot(`${fixtures}/${one.name}.diff`);
    }
    expect(render(one)).toBe(render(one));
  });
});

describe('what Packer must not do', () => {
  test.each(['ami_regions', 'ami_users', 'force_deregister', 'force_delete_snapshot', 'temporary_key_pair'])(
    '%s is in no template',
    (word) => {
      for (const one of TEMPLATE_CASES) expect(render(one)).not.toContain(word);
    },
  );

  test('user-data is in no template, but for the mark that keeps a builder from loading region config', () => {
    for (const one of TEMPLATE_CASES) {
      const mark = one.image === 'region-config' ? 1 : 0;
      expect(render(one).split('user_data')).toHaveLength(1 + mark);
      expect(render(one).split('/run/bake/builder')).toHaveLength(1 + mark);
    }
  });

  test('nothing in a template is for Packer to expand', () => {
    for (const one of TEMPLATE_CASES) {
      const written = /as it is\n[\s\S]*?\n\n/g;
      expect(render(one).replace(written, '')).not.toContain('{{');
    }
  });
});

test('a value that Packer would expand is refused, not rendered', () => {
  const request = renderRequestOf({ name: 'x', image: 'bare', packer: '1.6.6' }, templates);
  const defaults = { ami_name: '{{isotime}}' };
  expect(() => renderTemplateOf({ ...request, defaults })).toThrow(
    expect.objectContaining({ code: 'template-value-refused' }),
  );
});

test('what is known without a run stands as a default', () => {
  const request = renderRequestOf({ name: 'x', image: 'bare', packer: '1.6.6' }, templates);
  const text = renderTemplateOf({ ...request, defaults: { source_ami: amiId(7), root_device: '/dev/sda1' } });
  expect(text).toContain(`default = "${amiId(7)}"`);
  expect(text).toContain('default = "/dev/sda1"');
});
