import { type Sharing, targetId } from '../model/channel.ts';
import type { PromotionPlan, SitePlan } from '../model/promotion.ts';
import type { Paint } from './palette.ts';
import { table } from './table.ts';

export interface PromotionTextOptions {
  /** Width of the terminal; absent when the output is not one. */
  readonly columns: number | undefined;
  readonly color: boolean;
}

export interface Section {
  readonly title: string;
  readonly rows: readonly (readonly string[])[];
}

/** One for each account and region. */
export function siteSections(
  sites: readonly SitePlan[],
  rowsOf: (site: SitePlan) => Section['rows'],
): readonly Section[] {
  const titles = [...new Set(sites.map(({ site }) => targetId(site)))];
  return titles.map((title) => ({
    title,
    rows: sites.filter(({ site }) => targetId(site) === title).flatMap(rowsOf),
  }));
}

const INDENT = '  ';

/** Rows below their titles, in columns that are the same for all sections. */
export function sectionsText(
  sections: readonly Section[],
  paint: { readonly title: Paint; readonly cell: (column: number, text: string) => Paint | undefined },
  columns: number | undefined,
): readonly string[] {
  const width = columns === undefined ? undefined : columns - INDENT.length;
  const lines = table(
    sections.flatMap(({ rows }) => rows),
    { columns: width, paintCell: paint.cell },
  ).split('\n');
  let next = 0;
  return sections.flatMap(({ title, rows }) => {
    const own = lines.slice(next, next + rows.length);
    next += rows.length;
    return [paint.title(title), ...own.map((line) => `${INDENT}${line}`)];
  });
}

/** `api 2026.11.20.1, worker 1.4.2`. */
export const versionsText = ({ images }: PromotionPlan): string =>
  images.map(({ image, version }) => `${image} ${version}`).join(', ');

export function sharingText({ accounts, organizations, organizationalUnits, public: isPublic }: Sharing): string {
  const named = [...accounts, ...[...organizations, ...organizationalUnits].map(lastPart)];
  return [...(isPublic ? ['everybody'] : []), ...named].join(', ');
}

/** `ou-ab12-abcdefgh` of an ARN. */
const lastPart = (arn: string): string => arn.slice(arn.lastIndexOf('/') + 1);

/** `ami-1 and 2 snapshots`, `3 snapshots`. */
export function resourcesText(resources: readonly string[]): string {
  const snapshots = resources.filter((id) => id.startsWith('snap-'));
  const others = resources.filter((id) => !id.startsWith('snap-'));
  return [...others, ...(snapshots.length === 0 ? [] : [countOf(snapshots.length, 'snapshot')])].join(' and ');
}

export const countOf = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

/** `2027-02-18 12:30 UTC`. */
export const momentText = (iso: string): string => `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`;

/** Of an AMI that is not there before it is copied. */
export const imageText = (imageId: string | null): string => imageId ?? 'the copy';

export const KINDS = { parameter: 'parameter', 'launch-template': 'launch template' } as const;
