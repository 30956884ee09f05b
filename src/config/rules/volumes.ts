import { type Path, type Report, show } from '../problems.ts';
import type { RuleContext } from '../rules.ts';
import type { WrittenRootVolume } from '../schema.ts';
import { scopes } from './scopes.ts';

/** GiB, per volume type. */
const LARGEST = { gp2: 16_384, gp3: 65_536, standard: 1024 } as const;

export function volumeSizeRule({ written, inherited, report }: RuleContext): void {
  reportSize(['rootVolume'], written.rootVolume, report);
  for (const [name, { rootVolume }] of Object.entries(written.images)) {
    if (rootVolume !== undefined) reportSize(['images', name, 'rootVolume'], inherited.get(name)?.rootVolume, report);
  }
}

function reportSize(path: Path, { sizeGiB, type = 'gp3' }: WrittenRootVolume = {}, report: Report): void {
  if (sizeGiB === undefined || (sizeGiB >= 1 && sizeGiB <= LARGEST[type])) return;
  report([...path, 'sizeGiB'], `${show(sizeGiB)} is not from 1 to ${LARGEST[type]}, the GiB that ${type} allows`);
}

/** A volume cannot be smaller than the snapshot it is made from. */
export function volumeShrinksRule({ written, inherited, report }: RuleContext): void {
  for (const [name, { parent, rootVolume }] of Object.entries(written.images)) {
    const before = parent === undefined ? undefined : inherited.get(parent)?.rootVolume.sizeGiB;
    const after = rootVolume?.sizeGiB;
    if (before === undefined || after === undefined || after >= before) continue;
    report(
      ['images', name, 'rootVolume', 'sizeGiB'],
      `${after} is less than the ${before} GiB of its parent ${parent}, and a root volume cannot shrink`,
    );
  }
}

/** What is made from an encrypted snapshot is encrypted. */
export function staysEncryptedRule({ written, inherited, report }: RuleContext): void {
  for (const [name, { parent, rootVolume }] of Object.entries(written.images)) {
    const above = parent === undefined ? undefined : inherited.get(parent)?.rootVolume;
    if (rootVolume?.encrypted !== false || (above?.encrypted !== true && above?.kmsKey === undefined)) continue;
    report(
      ['images', name, 'rootVolume', 'encrypted'],
      `false, but its parent ${parent} is encrypted, and so is everything made from it`,
    );
  }
}

export function keyEncryptsRule({ written, report }: RuleContext): void {
  for (const { path, settings } of scopes(written)) {
    if (settings.rootVolume?.encrypted !== false || settings.rootVolume.kmsKey === undefined) continue;
    report([...path, 'rootVolume', 'encrypted'], 'false, but kmsKey names a key to encrypt with; keep one of the two');
  }
}
