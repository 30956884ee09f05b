import { createHash } from 'node:crypto';
import { canonicalJson } from '../../model/canonical-json.ts';
import { targetId } from '../../model/channel.ts';
import type { AmiId } from '../../model/ids.ts';
import type { PointerName, PointerState } from '../../model/promotion.ts';
import type { Pointers } from '../promote-effects.ts';
import type { TemplateContent } from './promotion.ts';

export const readPointer = (pointers: Pointers, { kind, name }: PointerName): Promise<PointerState | undefined> =>
  kind === 'parameter' ? pointers.readParameter(name) : pointers.readTemplate(name);

export interface Writing {
  readonly to: AmiId;
  readonly from: PointerState | undefined;
  readonly template: TemplateContent | undefined;
  readonly signal: AbortSignal;
}

export async function writePointer(pointers: Pointers, { kind, name }: PointerName, writing: Writing): Promise<void> {
  const { to: imageId, from, template, signal } = writing;
  if (kind === 'parameter') return pointers.writeParameter(name, imageId, signal);
  if (template === undefined) throw new Error(`launch template ${name} without user-data`);
  const { userData, instanceProfile, tags } = template;
  const content = { imageId, userData, tags, ...(instanceProfile === undefined ? {} : { instanceProfile }) };
  // Of the version that it is made from too: what somebody has changed there since is not lost.
  const identity = { target: targetId(pointers.target), name, imageId, tags, from: from?.version ?? 0 };
  const digest = createHash('sha256').update(userData).digest('hex');
  const text = canonicalJson({ ...identity, userData: digest, instanceProfile: instanceProfile ?? null });
  const clientToken = createHash('sha256').update(text).digest('hex');
  await pointers.writeTemplate(name, { ...content, clientToken });
}

/** Makes it say what it said: nothing, where it was not there. */
export async function restorePointer(
  pointers: Pointers,
  { kind, name }: PointerName,
  from: PointerState | undefined,
  signal: AbortSignal,
): Promise<void> {
  if (kind === 'parameter') {
    await (from === undefined ? pointers.removeParameter(name) : pointers.writeParameter(name, from.imageId, signal));
  } else {
    await (from === undefined ? pointers.removeTemplate(name) : pointers.defaultTemplate(name, from.version));
  }
}
