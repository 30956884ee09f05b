import { parseAmiId } from '../../model/ids.ts';
import { SOURCE_ALIASES } from '../../model/source-aliases.ts';
import { nearest } from '../nearest.ts';
import { choices, type Path, type Report, show } from '../problems.ts';
import type { RuleContext } from '../rules.ts';
import type { WrittenSource } from '../schema.ts';

/** Says what a source is named by; the first of several, for rules that need not repeat that there are several. */
const NAMED_BY = ['parameter', 'name', 'id'] as const;

export function sourceFormRule({ written, report }: RuleContext): void {
  for (const [name, { source }] of Object.entries(written.images)) {
    const path = ['images', name, 'source'];
    if (typeof source === 'string') reportAlias(path, source, report);
    else if (source !== undefined && NAMED_BY.filter((key) => source[key] !== undefined).length !== 1) {
      report(path, `needs exactly one of ${choices(NAMED_BY)} beside the owner`);
    }
  }
}

function reportAlias(path: Path, alias: string, report: Report): void {
  if (SOURCE_ALIASES.has(alias)) return;
  const known = [...SOURCE_ALIASES.keys()];
  const advice =
    parseAmiId(alias) === undefined
      ? `aliases are ${choices(known)}`
      : `an AMI id is written with its owner: { id: '${alias}', owner: '…' }`;
  report(path, `${show(alias)} is not a source alias; ${advice}`, nearest(alias, known));
}

/** Those of the sandbox's images. */
export function sandboxImagesRule({ written, report }: RuleContext): void {
  for (const [alias, image] of Object.entries(written.sandbox?.images ?? {})) {
    const path = ['sandbox', 'images', alias];
    reportAlias(path, alias, report);
    if (typeof image === 'string') continue;
    const { file, url, sha256, sha512 } = image;
    if ((file === undefined) === (url === undefined)) report(path, 'needs exactly one of file, url');
    if (sha256 !== undefined && sha512 !== undefined) report(path, 'has two checksums; one of sha256, sha512 will do');
    if (url !== undefined && sha256 === undefined && sha512 === undefined) {
      report(path, 'needs the checksum of what is at the url, as its publisher gives it: sha256 or sha512');
    }
  }
}

/** An AMI id, and what an SSM parameter holds, is one AMI of one architecture. */
export function sourceArchitectureRule({ written, inherited, report }: RuleContext): void {
  for (const [name, { source }] of Object.entries(written.images)) {
    const key = isSingle(source);
    const architectures = inherited.get(name)?.architectures ?? [];
    if (key === undefined || architectures.length <= 1) continue;
    report(
      ['images', name, 'source', key],
      `names one AMI, which cannot have the architectures ${choices(architectures)}; use a name filter or two images`,
    );
  }
}

function isSingle(source: WrittenSource | undefined): 'id' | 'parameter' | undefined {
  if (typeof source !== 'object') return undefined;
  return source.id !== undefined ? 'id' : source.parameter !== undefined ? 'parameter' : undefined;
}

export function sshUserRule({ written, inherited, report }: RuleContext): void {
  for (const [name, { source }] of Object.entries(written.images)) {
    if (typeof source !== 'object' || inherited.get(name)?.build.sshUser !== undefined) continue;
    report(
      ['images', name, 'build', 'sshUser'],
      'is required: only source aliases tell which user to log in as, such as admin or ec2-user',
    );
  }
}
