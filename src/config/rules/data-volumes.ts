import { NAME_RULE, parseLayerName } from '../../model/ids.ts';
import { placeOf, USUAL_DEVICES } from '../../model/volume.ts';
import type { InheritedVolume, InheritedVolumes } from '../inherit-volumes.ts';
import { type Path, show } from '../problems.ts';
import type { RuleContext } from '../rules.ts';
import type { WrittenVolume } from '../volume-schema.ts';
import { reportLimits } from './volumes.ts';

/** As many as have a usual device. EC2 attaches 27 to the instances that have the least room, with network interfaces. */
const MOST = USUAL_DEVICES.length;

/** A volume that an image writes something about. */
interface Found {
  readonly path: Path;
  readonly image: string;
  readonly name: string;
  readonly own: WrittenVolume;
  /** With the parent's merged in. */
  readonly whole: InheritedVolume;
  /** The parent's, where it has one of the name. */
  readonly above: InheritedVolume | undefined;
  readonly parent: string | undefined;
  readonly all: InheritedVolumes;
}

function volumesIn({ written, inherited }: RuleContext): readonly Found[] {
  return Object.entries(written.images).flatMap(([image, { volumes = {}, parent }]) => {
    const all = inherited.get(image)?.volumes ?? new Map();
    const ofParent = parent === undefined ? undefined : inherited.get(parent)?.volumes;
    return Object.entries(volumes).flatMap(([name, own]) => {
      const path = ['images', image, 'volumes', name];
      const whole = all.get(name);
      return whole === undefined ? [] : [{ path, image, name, own, whole, above: ofParent?.get(name), parent, all }];
    });
  });
}

export function volumeFormRule(context: RuleContext): void {
  const { report } = context;
  for (const { path, name, whole } of volumesIn(context)) {
    if (parseLayerName(name) === undefined) {
      report(path, `${show(name)} is not the name of a volume; names are ${NAME_RULE}`);
    } else if (name === 'root') report(path, 'is the name of the root volume, which rootVolume describes');
    if (whole.sizeGiB === undefined) report([...path, 'sizeGiB'], 'is required: how large the volume is');
    reportLimits(path, whole, report);
  }
}

/** The parent's AMI has it where it is and with what is on it, and a volume cannot shrink. */
export function volumeInheritedRule(context: RuleContext): void {
  const { report } = context;
  for (const { path, own, above, parent } of volumesIn(context)) {
    if (above === undefined) continue;
    if (own.device !== undefined && own.device !== above.device) {
      report([...path, 'device'], `${own.device}, but the AMI of its parent ${parent} has it at ${above.device}`);
    }
    if (own.snapshot !== undefined && own.snapshot !== (above.snapshot ?? true)) {
      const says = `${own.snapshot}, but ${above.snapshot ?? true} for its parent ${parent}`;
      report([...path, 'snapshot'], `${says}; it stays what it is, so give another volume another name`);
    }
    if (above.snapshot === false || own.sizeGiB === undefined || above.sizeGiB === undefined) continue;
    if (own.sizeGiB < above.sizeGiB) {
      const says = `${own.sizeGiB} is less than the ${above.sizeGiB} GiB of its parent ${parent}`;
      report([...path, 'sizeGiB'], `${says}, and a volume cannot shrink`);
    }
  }
}

export function volumeEncryptionRule(context: RuleContext): void {
  const { report } = context;
  for (const { path, own, whole, above, parent } of volumesIn(context)) {
    const at = [...path, 'encrypted'];
    const isEmpty = whole.snapshot === false;
    if (own.encrypted === false && own.kmsKey !== undefined) {
      report(at, 'false, but kmsKey names a key to encrypt with; keep one of the two');
    } else if (own.encrypted === false && !isEmpty && (above?.encrypted === true || above?.kmsKey !== undefined)) {
      report(at, `false, but its parent ${parent} has it encrypted, and so is everything made from it`);
    }
    if (!isEmpty || whole.kmsKey === undefined) continue;
    // EC2 takes the key of an empty volume at launch alone; CreateImage knows only whether it is encrypted.
    const instead = 'write encrypted: true, for which EC2 takes the key of whoever launches';
    report(
      [...path, 'kmsKey'],
      `is for volumes with a snapshot: an AMI cannot hold the key of an empty one; ${instead}`,
    );
  }
}

export function volumeDevicesRule(context: RuleContext): void {
  const { written, inherited, report } = context;
  for (const { path, name, whole, all } of volumesIn(context)) {
    const { device } = whole;
    if (device === undefined || whole.inherited) continue;
    const other = [...all].find(([, one]) => one.device !== undefined && placeOf(one.device) === placeOf(device));
    if (other === undefined || other[0] === name) continue;
    report(
      [...path, 'device'],
      `${device} is where ${other[0]} is${other[1].device === device ? '' : `, at ${other[1].device}`}`,
    );
  }
  for (const image of Object.keys(written.images)) {
    const count = inherited.get(image)?.volumes.size ?? 0;
    if (count <= MOST || Object.keys(written.images[image]?.volumes ?? {}).length === 0) continue;
    report(['images', image, 'volumes'], `are ${count} with those of its ancestors; ${MOST} is the most`);
  }
}
