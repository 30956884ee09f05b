import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createLogFile } from '../../src/run/log-file.ts';
import { createFileRecords, recordsIn } from '../../src/run/records.ts';
import { renderTemplateOf, TEMPLATE_NAMES, writeRenderedFolder } from '../../src/run/rendered-folder.ts';
import { loadTemplates, templateInputs } from '../../src/run/templates.ts';
import { amiId, fingerprint, sha256 } from '../helpers/builders.ts';
import { temporaryFolder } from '../helpers/layers-on-disk.ts';
import { renderRequestOf } from '../helpers/template-cases.ts';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(() => folder[Symbol.asyncDispose]());

describe('records', () => {
  const FINGERPRINT = fingerprint('x');
  const INPUTS = { layers: sha256('layers') };
  const RECORD = JSON.stringify({ version: 1, imageVersion: '1.4.2', inputs: INPUTS });

  test('are found by fingerprint, also from another run', async () => {
    await recordsIn(createFileRecords(folder.path)).save(amiId(1), FINGERPRINT, RECORD);
    const records = recordsIn(createFileRecords(folder.path));
    expect(await records.read(amiId(1), FINGERPRINT)).toEqual(JSON.parse(RECORD));
    expect(await records.bakedWith(FINGERPRINT)).toEqual({ imageId: amiId(1), version: '1.4.2' });
    expect(await readdir(join(folder.path, FINGERPRINT))).toEqual([`${amiId(1)}.json`]);
  });

  test.each<[string, string | undefined]>([
    ['missing', undefined],
    ['cut short', RECORD.slice(0, 20)],
    ['of another version', JSON.stringify({ version: 2 })],
    ['null', 'null'],
  ])('that are %s are passed over', async (_, record) => {
    const records = recordsIn(createFileRecords(folder.path));
    if (record !== undefined) await records.save(amiId(1), FINGERPRINT, record);
    expect(await records.read(amiId(1), FINGERPRINT)).toBeUndefined();
    expect(await records.bakedWith(FINGERPRINT)).toBeUndefined();
  });
});

describe('a log', () => {
  const mask = (line: string) => line.replaceAll('secret', '***');

  test('has each line, masked, for its owner alone', async () => {
    const log = createLogFile(join(folder.path, 'packer.log'), mask);
    log.line('one');
    log.line('a secret');
    await log.close();
    expect(await readFile(log.path, 'utf8')).toBe('one\na ***\n');
    expect((await stat(log.path)).mode & 0o777).toBe(0o600);
  });

  test('that cannot be written ends without a word', async () => {
    const log = createLogFile(join(folder.path, 'nobody', 'packer.log'), mask);
    log.line('one');
    await expect(log.close()).resolves.toBeUndefined();
    log.line('too late');
    await expect(log.close()).resolves.toBeUndefined();
  });
});

describe('templates', () => {
  test('are ours, or the project has one of the same name', async () => {
    const ours = await loadTemplates(undefined);
    expect(Object.keys(ours)).toEqual([...TEMPLATE_NAMES]);
    await mkdir(join(folder.path, 'provision'));
    await writeFile(join(folder.path, 'provision/run.sh'), '#!/bin/sh\n');
    expect(await loadTemplates(folder.path)).toEqual({ ...ours, 'provision/run.sh': '#!/bin/sh\n' });
  });

  test('count by their sources, each apart', async () => {
    const ours = await loadTemplates(undefined);
    const other = templateInputs({ ...ours, 'provision/run.sh': 'x' });
    const changed = TEMPLATE_NAMES.filter((name) => other[name] !== templateInputs(ours)[name]);
    expect(changed).toEqual(['provision/run.sh']);
  });

  test('that cannot be read are not passed over', async () => {
    await mkdir(join(folder.path, 'provision/run.sh'), { recursive: true });
    await expect(loadTemplates(folder.path)).rejects.toThrow('EISDIR');
  });
});

test('a rendered folder is the same bytes from run to run', async () => {
  const request = renderRequestOf({ name: 'x', image: 'bare', packer: '1.6.6' }, await loadTemplates(undefined));
  const dirs = [join(folder.path, 'a'), join(folder.path, 'b')];
  for (const dir of dirs) await writeRenderedFolder(dir, request, { version: 1 });
  for (const name of ['image.pkr.hcl', 'payload.tar', 'record-input.json']) {
    const [a, b] = await Promise.all(dirs.map((dir) => readFile(join(dir, name))));
    expect(a?.equals(b ?? Buffer.of())).toBe(true);
  }
  expect(await readFile(join(folder.path, 'a/image.pkr.hcl'), 'utf8')).toBe(renderTemplateOf(request));
});
