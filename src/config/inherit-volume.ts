import { mergeDeep } from '../model/merge.ts';
import type { WrittenVolume } from './volume-schema.ts';

/** The performance of one volume type means nothing, or something else, in another. */
export function inheritVolume<T extends Pick<WrittenVolume, 'type' | 'iops' | 'throughput'>>(parent: T, own: T): T {
  if (own.type === undefined || own.type === parent.type) return mergeDeep(parent, own);
  const { iops: _, throughput: __, ...rest } = parent;
  return mergeDeep(rest as T, own);
}
