import { readFile } from 'node:fs/promises';
import * as z from 'zod';
import { parseRegion } from '../model/ids.ts';
import type { Prices } from '../model/prices.ts';
import { isFault } from './faults.ts';
import { type Path, type Problem, type Report, reportTo, show } from './problems.ts';
import { hasForm } from './schema-problems.ts';

const RULE = 'is not a price in US dollars';
const byKey = z.record(z.string(), z.number(RULE).nonnegative(RULE)).optional();

const pricesSchema = z.strictObject({
  version: z.literal(1),
  /** Day on which these prices held. */
  asOf: z.iso.date('is not a day such as 2026-11-20'),
  snapshotPerGbMonth: byKey,
  transferPerGb: byKey,
  instancePerHour: byKey,
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
  const { asOf, snapshotPerGbMonth = {}, transferPerGb = {}, instancePerHour = {} } = value;
  for (const key of Object.keys(snapshotPerGbMonth)) reportKey(['snapshotPerGbMonth', key], key, isRegion, report);
  for (const key of Object.keys(transferPerGb)) reportKey(['transferPerGb', key], key, isRoute, report);
  for (const key of Object.keys(instancePerHour)) {
    if (!isInstance(key))
      report(['instancePerHour', key], `${show(key)} is no instance type such as t3.small or 'eu-west-1/t3.small'`);
  }
  return {
    prices: {
      snapshotPerGbMonth: dated(snapshotPerGbMonth, asOf),
      transferPerGb: dated(transferPerGb, asOf),
      instancePerHour: dated(instancePerHour, asOf),
    },
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

const INSTANCE_TYPE = /^[a-z][a-z0-9-]*\.[a-z0-9-]+$/;
const isInstance = (key: string): boolean => {
  const [type = '', region] = key.split('/').reverse();
  return (
    INSTANCE_TYPE.test(type) &&
    key.split('/').length <= 2 &&
    (region === undefined || parseRegion(region) !== undefined)
  );
};

function reportKey(path: Path, key: string, isKey: (key: string) => boolean, report: Report): void {
  if (isKey(key)) return;
  const pairs = isKey === isRoute ? " nor a pair such as 'us-east-1 > us-east-2'" : '';
  report(path, `${show(key)} is neither a region nor '*'${pairs}`);
}

const dated = (prices: Readonly<Record<string, number>>, asOf: string): Prices[keyof Prices] =>
  Object.fromEntries(Object.entries(prices).map(([key, usd]) => [key, { usd, verified: true, asOf }]));
