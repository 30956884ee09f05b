import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { parseRegion } from '../model/ids.ts';
import type { Prices } from '../model/prices.ts';
import { isFault } from './faults.ts';
import { type Path, type Problem, type Report, reportTo, show } from './problems.ts';
import { hasForm } from './schema-problems.ts';

const RULE = 'is not a price in US dollars';
const byRegion = z.record(z.string(), z.number(RULE).nonnegative(RULE)).optional();

const pricesSchema = z.strictObject({
  version: z.literal(1),
  /** Day on which these prices held. */
  asOf: z.iso.date('is not a day such as 2026-11-20'),
  snapshotPerGbMonth: byRegion,
  transferPerGb: byRegion,
});

type WrittenPrices = z.input<typeof pricesSchema>;

export interface ReadPrices {
  readonly prices: Prices | undefined;
  readonly problems: readonly Problem[];
}

/** Reads a file of prices, by absolute path. What somebody writes there counts as verified. */
export async function readPrices(file: string): Promise<ReadPrices> {
  const problems: Problem[] = [];
  const report = reportTo(problems, file);
  const value = await parsedJson(file, report);
  if (value === undefined || !hasForm<WrittenPrices>(pricesSchema, value, report))
    return { prices: undefined, problems };
  const { asOf, snapshotPerGbMonth = {}, transferPerGb = {} } = value;
  for (const key of Object.keys(snapshotPerGbMonth)) reportKey(['snapshotPerGbMonth', key], key, isRegion, report);
  for (const key of Object.keys(transferPerGb)) reportKey(['transferPerGb', key], key, isRoute, report);
  return {
    prices: { snapshotPerGbMonth: dated(snapshotPerGbMonth, asOf), transferPerGb: dated(transferPerGb, asOf) },
    problems,
  };
}

async function parsedJson(file: string, report: Report): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    if (error instanceof SyntaxError) report([], `is not JSON: ${error.message}`);
    else if (isFault(error, 'ENOENT', 'ENOTDIR', 'EISDIR'))
      report([], 'is no file; write it, or take prices out of the configuration');
    else throw error;
    return undefined;
  }
}

const isRegion = (key: string): boolean => key === '*' || parseRegion(key) !== undefined;
const isRoute = (key: string): boolean => {
  const ends = key.split(' > ');
  return isRegion(key) || (ends.length === 2 && ends.every((end) => parseRegion(end) !== undefined));
};

function reportKey(path: Path, key: string, isKey: (key: string) => boolean, report: Report): void {
  if (isKey(key)) return;
  const pairs = isKey === isRoute ? " nor a pair such as 'us-east-1 > us-east-2'" : '';
  report(path, `${show(key)} is neither a region nor '*'${pairs}`);
}

const dated = (prices: Readonly<Record<string, number>>, asOf: string): Prices[keyof Prices] =>
  Object.fromEntries(Object.entries(prices).map(([key, usd]) => [key, { usd, verified: true, asOf }]));
