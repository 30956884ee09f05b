import { expect, test } from 'vitest';
import type { RecordStore } from '../../../src/run/effects.ts';
import { sharedRecords } from '../../../src/run/state/shared-records.ts';
import { amiId, fingerprint, sha256 } from '../../helpers/builders.ts';

const FINGERPRINT = fingerprint('x');
const NAME = `${FINGERPRINT}/${amiId(1)}`;
const INPUTS = { layers: sha256('layers') };
const RECORD = JSON.stringify({ version: 1, imageVersion: '1.4.2', inputs: INPUTS });

function memory(records: Record<string, string> = {}): RecordStore & { readonly records: Record<string, string> } {
  return {
    records,
    names: async (of) => Object.keys(records).filter((name) => of === undefined || name.startsWith(`${of}/`)),
    read: async (name) => records[name],
    write: async (name, record) => {
      records[name] = record;
    },
  };
}

const broken = (error: string): RecordStore => {
  const fail = () => Promise.reject(new Error(error));
  return { names: fail, read: fail, write: fail };
};

function shared(near: RecordStore, far: RecordStore | undefined, limit = 60_000) {
  const told: unknown[] = [];
  let opened = 0;
  const records = sharedRecords({
    near,
    far: async () => {
      opened += 1;
      return far;
    },
    failed: (error) => told.push((error as Error).message),
    limit,
  });
  return { records, told, opened: () => opened };
}

test('are kept here and there', async () => {
  const [near, far] = [memory(), memory()];
  await shared(near, far).records.save(amiId(1), FINGERPRINT, RECORD);
  expect([near.records, far.records]).toEqual([{ [NAME]: RECORD }, { [NAME]: RECORD }]);
});

test('are looked for there only where they are not here', async () => {
  const { records, opened } = shared(memory({ [NAME]: RECORD }), memory());
  expect(await records.read(amiId(1), FINGERPRINT)).toEqual(JSON.parse(RECORD));
  expect(await records.bakedWith(FINGERPRINT)).toEqual({ imageId: amiId(1), version: '1.4.2' });
  expect(opened()).toBe(0);
  const elsewhere = shared(memory(), memory({ [NAME]: RECORD })).records;
  expect(await elsewhere.read(amiId(1), FINGERPRINT)).toEqual(JSON.parse(RECORD));
  expect(await elsewhere.bakedWith(FINGERPRINT)).toEqual({ imageId: amiId(1), version: '1.4.2' });
});

test('of a bucket that fails are told of once, asked for no more, and saved all the same', async () => {
  const near = memory();
  const { records, told, opened } = shared(near, broken('no such bucket'));
  expect(await records.read(amiId(1), FINGERPRINT)).toBeUndefined();
  expect(await records.bakedWith(FINGERPRINT)).toBeUndefined();
  expect(opened()).toBe(1);
  await records.save(amiId(1), FINGERPRINT, RECORD);
  expect(near.records).toEqual({ [NAME]: RECORD });
  expect({ told, opened: opened() }).toEqual({ told: ['no such bucket'], opened: 2 });
});

test('of a bucket that does not answer are waited for no longer than the limit', async () => {
  const silent = { ...memory(), read: () => new Promise<never>(() => {}) };
  const { records, told } = shared(memory(), silent, 10);
  expect(await records.read(amiId(1), FINGERPRINT)).toBeUndefined();
  expect(told).toEqual(['no answer from the state bucket within 0.01 s']);
});

test('that cannot be kept here are kept there, and it is an error', async () => {
  const far = memory();
  await expect(shared(broken('disk full'), far).records.save(amiId(1), FINGERPRINT, RECORD)).rejects.toThrow(
    'disk full',
  );
  expect(far.records).toEqual({ [NAME]: RECORD });
});
