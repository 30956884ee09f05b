import { describe, expect, test } from 'vitest';
import { capabilitiesOf } from '../../src/packer/capabilities.ts';

describe('what a template may say', () => {
  test.each<[string, boolean]>([
    ['1.6.6', false],
    ['1.6.10', false],
    ['1.7.0', true],
    ['v1.9.5', true],
    ['1.10.0', true],
    ['1.16.0-dev', true],
    ['2.0.0', true],
  ])('%s: plugins %s', (version, plugins) => {
    expect(capabilitiesOf(version)).toMatchObject({
      requiredPlugins: plugins,
      metadataOptions: plugins,
      ansiblePlugin: plugins ? '>= 1.1.0' : '',
      ansibleSha1: !plugins,
    });
  });
});

test.each(['1.6.5', '1.6.0', '1.5.10', '0.12.3', '1.7', '', 'cracklib', 'v'])('%j will not do', (version) => {
  expect(capabilitiesOf(version)).toBeUndefined();
});
