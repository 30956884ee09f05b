import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { provisionSteps } from '../../src/render/provisioning.ts';
import { SHELL_COMMANDS, stepsToTake, type WantedSteps } from '../../src/render/shell-commands.ts';
import { layer, layerFile, REBOOT, script } from '../helpers/builders.ts';

const nginx = layer('nginx', { files: [layerFile('/etc/nginx.conf')], steps: [script('10-nginx.sh')] });
const api = layer('api', {
  files: [layerFile('/etc/api.conf', { owner: 'api' })],
  steps: [script('10-api.sh'), REBOOT, script("20-it's.sh")],
});
const site = layer('site', { files: [layerFile('/srv/index.html')] });
const layers = [nginx, api, site];
const steps = provisionSteps(layers);

/** `nginx: files, script` for each layer; a star where it is run whole. */
const taken = (other: Partial<WantedSteps>) =>
  stepsToTake({ steps, layers, ran: [], fresh: true, rerun: false, ...other }).map(
    (one) => `${one.layer.name}${one.whole ? '*' : ''}: ${one.steps.map(({ action }) => action).join(', ')}`,
  );

describe('what is done on a new machine', () => {
  it('lays the files of all layers for a prompt of the image', () => {
    expect(taken({})).toEqual(['nginx: files', 'api: files', 'site: files']);
  });

  it('runs what comes before a layer, and lays its files for a prompt', () => {
    expect(taken({ layer: api.name })).toEqual(['nginx*: files, script', 'api: files']);
  });

  it('runs the layer too, but for those behind it, when it is to be run', () => {
    expect(taken({ layer: api.name, rerun: true })).toEqual([
      'nginx*: files, script',
      'api*: files, script, reboot, script, owners',
    ]);
  });
});

describe('what is done on a machine that is there', () => {
  it('does nothing for another prompt', () => {
    expect(taken({ fresh: false })).toEqual([]);
    expect(taken({ fresh: false, layer: api.name })).toEqual([]);
  });

  it('runs the layer alone once those before it have run', () => {
    const again = { fresh: false, layer: api.name, rerun: true };
    expect(taken({ ...again, ran: [nginx.name, api.name] })).toEqual(['api*: files, script, reboot, script, owners']);
    expect(taken(again)).toHaveLength(2);
  });
});

it('takes steps by the numbers of a bake, with names that the shell reads as they are', () => {
  const command = (index: number) => SHELL_COMMANDS.step(steps[index] as (typeof steps)[number], layers);
  expect(command(0)).toBe("sudo -n sh /var/lib/bake-build/run.sh step 1 files 1 '-' 2>&1");
  const words = command(5).replace('sudo -n sh', `printf '%s\\n'`);
  expect(execFileSync('sh', ['-c', words], { encoding: 'utf8' }).split('\n')).toEqual([
    '/var/lib/bake-build/run.sh',
    'step',
    '6',
    'script',
    '2',
    "scripts/20-it's.sh",
    '',
  ]);
});

it('starts a prompt in the folder of a layer', () => {
  for (const command of [SHELL_COMMANDS.prompt(undefined), SHELL_COMMANDS.prompt(2), SHELL_COMMANDS.unpack]) {
    expect(() => execFileSync('sh', ['-n', '-c', command])).not.toThrow();
  }
  expect(SHELL_COMMANDS.prompt(2)).toContain('cd /var/lib/bake-build/layers/2 &&');
});
