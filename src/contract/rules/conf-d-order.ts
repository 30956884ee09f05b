import { canonicalJson } from '../../model/canonical-json.ts';
import type { Finding } from '../../model/finding.ts';
import type { Json } from '../../model/image.ts';
import type { Release } from '../../model/release.ts';
import { byCodePoint, isMapping, valueAt } from '../cloud-config.ts';
import type { ConfDFile } from '../lineage.ts';
import { type Leaf, leavesOf } from '../override-text.ts';
import { APT, DEBIAN } from '../release.ts';
import { CONTRACT } from '../table.ts';
import { finding, type LintContext, type Rule } from './rule.ts';

/** Files of cloud.cfg.d that lose against others, or replace what others say. */
export const confDOrderRule: Rule = (reading, context) =>
  context.confD
    .filter((file) => file.reading === reading)
    .flatMap((file) => [...amongLayers(file, context), ...againstVendor(file, context), ...againstBake(file)]);

/** Against files that earlier layers, or the same layer before it, bring. */
function amongLayers(file: ConfDFile, { confD }: LintContext): readonly Finding[] {
  const earlier = confD.slice(0, confD.indexOf(file));
  return earlier.flatMap((other) =>
    conflicts(file.config.value, other.config.value).flatMap((path): readonly Finding[] => {
      const [winner, loser] = byCodePoint(file.name, other.name) > 0 ? [file, other] : [other, file];
      const key = path.join('.');
      if (Array.isArray(winner.config.at(path)) && Array.isArray(loser.config.at(path))) {
        const message = `the list ${key} of ${winner.name} (layer ${winner.reading.layer.name}) replaces that of ${loser.name} (layer ${loser.reading.layer.name}) whole: lists are not joined`;
        return [at(file, path, 'cfg-list', message, `have ${key} in one file, with all members`)];
      }
      if (winner === file) return [];
      const message = `${key} of ${other.name} (layer ${other.reading.layer.name}) wins: of two files the one whose name sorts later does, whatever the order of the layers`;
      return [at(file, path, 'cfg-order', message, `give the file a name that sorts after ${other.name}`)];
    }),
  );
}

/** Paths of keys that both have, with values that differ and do not merge. */
function conflicts(a: Json, b: Json, path: readonly string[] = []): readonly (readonly string[])[] {
  if (!isMapping(a) || !isMapping(b)) return canonicalJson(a) === canonicalJson(b) ? [] : [path];
  return Object.entries(a).flatMap(([key, value]) => {
    const other = b[key];
    return other === undefined ? [] : conflicts(value, other, [...path, key]);
  });
}

/** What the files say that publishers' images bring. */
const VENDOR_FILES: readonly {
  readonly name: string;
  readonly releases: readonly Release[];
  readonly keys: readonly (readonly string[])[];
}[] = [
  { name: '01_debian_cloud.cfg', releases: DEBIAN, keys: [['manage_etc_hosts'], ['apt', 'generate_mirrorlists']] },
  { name: '90_dpkg.cfg', releases: APT, keys: [['datasource_list']] },
  { name: '10_aws_dnfvars.cfg', releases: ['al2023'], keys: [['write_metadata']] },
];

function againstVendor(file: ConfDFile, { release }: LintContext): readonly Finding[] {
  return VENDOR_FILES.filter(({ releases }) => release !== undefined && releases.includes(release)).flatMap(
    ({ name, keys }) =>
      keys.flatMap((path) => {
        if (file.config.at(path) === undefined || byCodePoint(file.name, name) > 0) return [];
        const message = `${path.join('.')} of ${name}, which the source AMI brings, wins: of two files the one whose name sorts later does`;
        return [at(file, path, 'cfg-order', message, `give the file a name that sorts after ${name}`)];
      }),
  );
}

const OVERRIDES: readonly Leaf[] = CONTRACT.flatMap(({ remedy }) =>
  remedy.kind === 'override' ? leavesOf(remedy.config) : [],
);

/** The first of the names that the bake writes. */
const FIRST_OF_OURS = '99-bake-';

function againstBake(file: ConfDFile): readonly Finding[] {
  if (byCodePoint(file.name, FIRST_OF_OURS) < 0 || file.name.startsWith(FIRST_OF_OURS)) return [];
  const paths = new Map(OVERRIDES.filter(differs(file)).map(({ path }) => [path.join('.'), path]));
  return [...paths].map(([key, path]) => {
    const message = `the name sorts after ${FIRST_OF_OURS}*.cfg, so its ${key} wins over what the bake of this image or of a child protects`;
    return at(
      file,
      path,
      'cfg-order',
      message,
      'give the file a name that sorts before 99-bake-, such as 90-<layer>.cfg',
    );
  });
}

const differs =
  (file: ConfDFile) =>
  ({ path, value }: Leaf): boolean => {
    const said = valueAt(file.config.value, path);
    return said !== undefined && value !== undefined && canonicalJson(said) !== canonicalJson(value as Json);
  };

function at(
  { touch, lineOf, reading }: ConfDFile,
  path: readonly string[],
  rule: string,
  message: string,
  fix: string,
): Finding {
  return finding(reading, rule, 'warning', { file: touch.file, line: lineOf(path), path: touch.path }, message, fix);
}
