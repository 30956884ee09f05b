import { arch, availableParallelism, cpus, platform } from 'node:os';
import { REGIONS } from './cloud.ts';
import type { Cost, Verdict } from './judge.ts';

export interface Measured extends Cost {
  readonly code: number;
  readonly output: string;
  readonly verdict: Verdict;
  /** Seconds of processor time. */
  readonly cpu: { readonly tool: number; readonly emulator: number };
  /** Of the machine, in the last minute. */
  readonly load: number;
}

interface Tried {
  readonly first: Measured;
  readonly again?: Measured;
}

export interface Compared {
  readonly bake: Tried;
  readonly packer: Tried;
}

type Row = readonly [string, ...string[]];

function table(head: Row, rows: readonly Row[]): string {
  const line = (cells: Row): string => `| ${cells.join(' | ')} |`;
  return [line(head), `|${head.map(() => '---').join('|')}|`, ...rows.map(line)].join('\n');
}

const seconds = ({ seconds: all }: Cost): string => `${all.toFixed(1)} s`;

function costRows({ bake: { first: bake }, packer: { first: packer } }: Compared): readonly Row[] {
  return [
    ['wall time', seconds(bake), seconds(packer)],
    ['… beside the copying', `${(bake.seconds - 20).toFixed(1)} s`, `${(packer.seconds - 20).toFixed(1)} s`],
    ['… from the first CopyImage on', `${bake.copying.toFixed(1)} s`, `${packer.copying.toFixed(1)} s`],
    ['processor time of the tool', cpu(bake, 'tool'), cpu(packer, 'tool')],
    ['… of the emulator', cpu(bake, 'emulator'), cpu(packer, 'emulator')],
    ['load of the machine, last minute', bake.load.toFixed(1), packer.load.toFixed(1)],
    ['API calls', `${bake.calls}`, `${packer.calls}`],
    ['… to wait for copies, per region', perRegion(bake), perRegion(packer)],
    ['DescribeImages per region within a poll (1 s), at most', `${bake.polls}`, `${packer.polls}`],
  ];
}

const cpu = ({ cpu: used }: Measured, of: keyof Measured['cpu']): string => `${used[of].toFixed(1)} s`;
const perRegion = ({ waiting }: Cost): string => (waiting / REGIONS.length).toFixed(1);

const VERDICTS: Readonly<Record<Exclude<keyof Verdict, 'source' | 'keys'>, string>> = {
  copies: 'copies that are available',
  imageTags: 'tags of the AMI',
  snapshotTags: 'tags of its snapshots',
  launch: 'launch permission of another account',
  volumes: 'volume permission of that account',
  deprecated: 'deprecation date',
  pointers: 'parameter that says the copy',
};

function rightRows({ bake, packer }: Compared, of: number): readonly Row[] {
  return Object.entries(VERDICTS).map(([what, title]): Row => {
    const key = what as keyof typeof VERDICTS;
    return [title, `${bake.first.verdict[key]} of ${of}`, `${packer.first.verdict[key]} of ${of}`];
  });
}

const actionsText = ({ actions }: Cost): string =>
  [...actions]
    .toSorted(([, a], [, b]) => b - a)
    .map(([action, count]) => `${action} ${count}`)
    .join(', ');

const HEAD: Row = ['', 'bake', 'Packer 1.6.6 `ami_regions`'];
const COPIES = REGIONS.length;

export function headText(): string {
  const [cpu] = cpus();
  return `# Promotion, measured

The same work by \`bake promote\` and by Packer's own \`ami_regions\`, on the same emulator in one run (\`npm run bench:promote\`).

| | |
|---|---|
| date | ${new Date().toISOString().slice(0, 16).replace('T', ' ')} UTC |
| machine | ${availableParallelism()} × ${cpu?.model ?? arch()}, ${platform()}, Node ${process.version} |
| emulator | the sandbox's server without machines; one Python process for all regions |
| bake | a channel of ten regions, shared with another account, deprecated after 90 days, a parameter in each region, a state bucket. The whole command counts, from its start: looking, preflight, plan, lease, copies, pointers |
| Packer | \`ami_regions\`, \`ami_users\`, \`snapshot_users\`, \`tags\`, \`snapshot_tags\`; it looks once a second, as bake does. Counted from its first CopyImage, since its copies are part of a bake; processor time includes that bake |

Compare the columns: seconds depend on the machine and what else it does.
`;
}

function costText(title: string, compared: Compared, images: number): string {
  return `## ${title}

${table(HEAD, [...costRows(compared), ...rightRows(compared, images * COPIES)])}

bake: ${actionsText(compared.bake.first)}.

Packer: ${actionsText(compared.packer.first)}.
`;
}

function keysText(compared: Compared): string {
  const { bake, packer } = compared;
  const has = ({ first: { verdict } }: Tried): string => `${verdict.keys} of ${COPIES}`;
  return `## A key for each region

One image, \`kmsKeys\` and \`region_kms_key_ids\`.

${table(HEAD, [['copies with the key of their region', has(bake), has(packer)], ...rightRows(compared, COPIES)])}
`;
}

function failedText({ bake, packer }: Compared): string {
  const row = (title: string, of: (tried: Tried) => string | number): Row => [title, `${of(bake)}`, `${of(packer)}`];
  const available = (measured: Measured | undefined): string => `${measured?.verdict.copies ?? 0} of ${COPIES}`;
  const rows = [
    row('exit code', ({ first }) => first.code),
    row('the image that was baked', ({ first }) => (first.verdict.source > 0 ? 'is there' : 'is gone')),
    row('copies left', ({ first }) => available(first)),
    row('pointers moved', ({ first }) => first.verdict.pointers),
    row('again: exit code', ({ again }) => again?.code ?? ''),
    row('again: the image that was baked', ({ again }) => (again?.verdict.source === 1 ? 'is there' : 'is gone')),
    row('again: copies begun', ({ again }) => again?.copies ?? ''),
    row('again: copies available', ({ again }) => available(again)),
  ];
  return `## One of ten regions fails

One image; then nothing fails any longer, and the same command runs again.

${table(HEAD, rows)}

What they say last:

\`\`\`text
bake    ${said(bake.first, /pointer|not ready|not promoted/)}
Packer  ${said(packer.first, /rror|Deregister/)}
\`\`\`
`;
}

export const sectionText = {
  one: (compared: Compared) => costText('One image to ten regions, copies of 20 s', compared, 1),
  twenty: (compared: Compared) => costText('Twenty images to ten regions, copies of 20 s', compared, 20),
  keys: keysText,
  failed: failedText,
};

/** The last line that has the words. */
const said = ({ output }: Measured, words: RegExp): string =>
  output
    .split('\n')
    .filter((line) => words.test(line))
    .at(-1)
    ?.trim() ?? '';
