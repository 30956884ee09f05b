import { readFile } from 'node:fs/promises';
import { summarise } from '../model/errors.ts';
import type { AmiId } from '../model/ids.ts';
import type { Json } from '../model/image.ts';
import { fingerprintTag, provenanceTags, subjectTags } from '../model/tags.ts';
import { inputGroups } from '../plan/fingerprint.ts';
import { type BakeContext, type BakeEffects, type BakeJob, subjectOf } from './bake-job.ts';
import { recordDigest } from './record.ts';

/**
 * Makes an AMI that Packer has finished one that others may use: IMDSv2, users' tags and provenance first, the
 * fingerprint last. Until that tag is there nobody reuses the image or builds on it, so a crash in between costs a bake
 * and never a wrong image.
 */
export async function publish(
  imageId: AmiId,
  job: BakeJob,
  context: BakeContext,
  effects: BakeEffects,
  files: { readonly recordFile: string; readonly record: Json },
): Promise<void> {
  const { step, inputs, image } = job;
  const [record, snapshots] = await Promise.all([
    readRecord(files),
    effects.images.snapshotsOf(imageId),
    effects.images.requireImdsV2(imageId),
  ]);
  const resources = [imageId, ...snapshots];
  const provenance = provenanceTags({
    nonce: step.nonce,
    parent: job.parent,
    parentAmi: job.parent === undefined ? undefined : job.parentAmi,
    sourceAmi: job.source.imageId,
    sourceName: job.source.name,
    commit: context.commit,
    inputGroups: inputGroups(inputs),
    recordDigest: recordDigest(record),
  });
  await effects.images.tag(resources, { ...image.tags, ...subjectTags(subjectOf(job, context)), ...provenance });
  await effects.images.tag(resources, fingerprintTag(step.fingerprint));
  await keepRecord(imageId, job, effects, record);
}

/** The record is in the image as well: a fault of this machine's disk does not undo a bake that is done. */
async function keepRecord(imageId: AmiId, { step }: BakeJob, effects: BakeEffects, record: string): Promise<void> {
  try {
    await effects.records.save(imageId, step.fingerprint, record);
  } catch (error) {
    const message = `the record could not be kept on this machine: ${summarise(error).message}`;
    const hint = 'Later plans will name groups of changed inputs, not files.';
    effects.emit({ type: 'warning', id: step.id, warning: { code: 'record-not-kept', message, hint } });
  }
}

/** Behind an emulator without machines nothing ran that could have completed the record; then what we knew is all. */
async function readRecord({
  recordFile,
  record,
}: {
  readonly recordFile: string;
  readonly record: Json;
}): Promise<string> {
  try {
    return await readFile(recordFile, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return `${JSON.stringify(record, null, 1)}\n`;
    throw error;
  }
}
