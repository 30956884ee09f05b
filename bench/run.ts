// What a day's work waits for, in one table. Medians of ratios within one run, so that a slow machine is no excuse; the
// exit code is 1 where something is over its limit. `npm run bench` builds first; a word runs one part: start, plan, example.
import { benchExample } from './example.ts';
import { isOver, type Row, tableOf } from './measure.ts';
import { benchPlan } from './plan.ts';
import { benchStart } from './start.ts';

const PARTS: Readonly<Record<string, () => Promise<readonly Row[]>>> = {
  start: benchStart,
  example: benchExample,
  plan: benchPlan,
};

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !Object.hasOwn(PARTS, name));
if (unknown.length > 0) throw new Error(`no part ${unknown.join(', ')}; there are ${Object.keys(PARTS).join(', ')}`);

const rows: Row[] = [];
for (const [name, bench] of Object.entries(PARTS)) {
  if (asked.length === 0 || asked.includes(name)) rows.push(...(await bench()));
}
process.stdout.write(`${tableOf(rows)}\n`);
if (rows.some(isOver)) process.exitCode = 1;
