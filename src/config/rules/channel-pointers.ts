import type { Architecture } from '../../model/ids.ts';
import {
  FILE_PLACEHOLDERS,
  fillPointer,
  isParameterName,
  isTemplateName,
  PARAMETER_RULE,
  POINTER_PLACEHOLDERS,
  TEMPLATE_RULE,
} from '../../model/pointer-names.ts';
import { choices, type Path, show } from '../problems.ts';
import type { RuleContext } from '../rules.ts';
import { targetKey, type WrittenTarget, writtenTargets } from '../written-targets.ts';
import { hasKnownPlaceholders, isWithinProject, OUTSIDE_PROJECT } from './patterns.ts';

const KINDS = [
  { key: 'parameter', isName: isParameterName, rule: PARAMETER_RULE },
  { key: 'launchTemplate', isName: isTemplateName, rule: TEMPLATE_RULE },
] as const;

interface Node {
  readonly image: string;
  readonly arch: Architecture;
}

const nodesOf = ({ inherited }: RuleContext): readonly Node[] =>
  [...inherited].flatMap(([image, { architectures }]) => architectures.map((arch) => ({ image, arch })));

export function pointerPatternsRule(context: RuleContext): void {
  const { written, inherited, report } = context;
  const several = [...inherited].find(([, { architectures }]) => architectures.length > 1);
  for (const [name, { pointers = {} }] of Object.entries(written.channels ?? {})) {
    for (const { key } of KINDS) {
      const pattern = pointers[key];
      const path = ['channels', name, 'pointers', key];
      if (pattern === undefined || !hasKnownPlaceholders(path, pattern, POINTER_PLACEHOLDERS, report)) continue;
      if (inherited.size > 1 && !pattern.includes('{image}')) {
        report(path, `${show(pattern)} lacks {image}: ${choices(inherited.keys())} would have one pointer together`);
      }
      if (several !== undefined && !pattern.includes('{arch}')) {
        const [image, { architectures }] = several;
        report(path, `${show(pattern)} lacks {arch}: ${image} has ${choices(architectures)}, each with its own AMI`);
      }
    }
  }
}

/** What a pattern becomes at a target; two channels must not move the same. */
export function pointerNamesRule(context: RuleContext): void {
  const { written } = context;
  const targets = writtenTargets(written);
  for (const { key, isName, rule } of KINDS) {
    const owners = new Map<string, string>();
    const reported = new Set<string>();
    for (const target of targets) {
      const pattern = written.channels?.[target.channel]?.pointers?.[key];
      if (pattern === undefined || reported.has(target.channel)) continue;
      const problem = nameProblem(pattern, target, context, { isName, rule, owners });
      if (problem === undefined) continue;
      reported.add(target.channel);
      context.report(['channels', target.channel, 'pointers', key], problem);
    }
  }
}

interface Names {
  readonly isName: (text: string) => boolean;
  readonly rule: string;
  /** Channel by account, region and name. */
  readonly owners: Map<string, string>;
}

function nameProblem(
  pattern: string,
  target: WrittenTarget,
  context: RuleContext,
  { isName, rule, owners }: Names,
): string | undefined {
  const { channel, region, account = '0'.repeat(12) } = target;
  for (const node of nodesOf(context)) {
    const name = fillPointer(pattern, { project: context.written.project, channel, region, account, ...node });
    // Unknown placeholders are told already.
    if (/\{[^{}]*\}/.test(name)) return undefined;
    if (!isName(name)) return `becomes ${show(name)}, which is not ${rule}`;
    const place = `${targetKey(target)} ${name}`;
    const owner = owners.get(place) ?? channel;
    if (owner !== channel) {
      return `becomes ${show(name)} in ${region}, which channel ${owner} moves too; write {channel}, or another pattern`;
    }
    owners.set(place, channel);
  }
  return undefined;
}

export function pointerFilesRule(context: RuleContext): void {
  const { written, report } = context;
  const owners = new Map<string, Path>();
  for (const [channel, { pointers }] of Object.entries(written.channels ?? {})) {
    for (const [position, { path: pattern }] of (pointers?.files ?? []).entries()) {
      const entry = ['channels', channel, 'pointers', 'files', position];
      const path = [...entry, 'path'];
      if (!hasKnownPlaceholders(path, pattern, FILE_PLACEHOLDERS, report)) continue;
      if (!isWithinProject(pattern)) {
        report(path, `${show(pattern)} ${OUTSIDE_PROJECT}`);
        continue;
      }
      const files = nodesOf(context).map((node) =>
        fillPointer(pattern, { project: written.project, channel, ...node }),
      );
      const taken = files.find((file) => (owners.get(file) ?? entry) !== entry);
      if (taken !== undefined) {
        const [, owner, , , other] = owners.get(taken) ?? [];
        const whose = owner === channel ? `files[${String(other)}]` : `channel ${String(owner)}`;
        const wayOut = owner === channel ? 'write another path' : 'write {channel}, or another path';
        report(path, `${show(taken)} is the file of ${whose} too; ${wayOut}`);
      }
      for (const file of files) owners.set(file, entry);
    }
  }
}
