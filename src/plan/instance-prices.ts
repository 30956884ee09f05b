import type { Region } from '../model/ids.ts';
import { type Price, type Prices, typeIn } from '../model/prices.ts';

/** US dollars per hour of a `large` of each family in us-east-1; within a family prices go with the size. */
const LARGE: Readonly<Record<string, number>> = {
  t2: 0.0928,
  t3: 0.0832,
  t3a: 0.0752,
  t4g: 0.0672,
  m5: 0.096,
  m5a: 0.086,
  m6a: 0.0864,
  m6g: 0.077,
  m6i: 0.096,
  m7g: 0.0816,
  m7i: 0.1008,
  'm7i-flex': 0.09576,
  m8g: 0.08976,
  c5: 0.085,
  c5a: 0.077,
  c6a: 0.0765,
  c6g: 0.068,
  c6i: 0.085,
  c7g: 0.0725,
  c7i: 0.08925,
  'c7i-flex': 0.08479,
  c8g: 0.07976,
  r5: 0.126,
  r6g: 0.1008,
  r6i: 0.126,
  r7g: 0.1071,
};

const LARGES: Readonly<Record<string, number>> = { nano: 1 / 16, micro: 1 / 8, small: 1 / 4, medium: 1 / 2, large: 1 };

/** `own` goes before the defaults. Undefined: nobody has said what the type costs. */
export function instancePrice(region: Region, instanceType: string, own?: Prices): Price | undefined {
  const said = own?.instancePerHour;
  return said?.[typeIn(region, instanceType)] ?? said?.[instanceType] ?? assumed(instanceType);
}

function assumed(instanceType: string): Price | undefined {
  const [family = '', size = ''] = instanceType.split('.');
  const large = LARGE[family];
  const larges = LARGES[size] ?? xlarges(size);
  if (large === undefined || larges === undefined) return undefined;
  return { usd: large * larges, verified: false, asOf: '2026-11-20' };
}

/** `xlarge` is two of `large`, `4xlarge` four of those. */
function xlarges(size: string): number | undefined {
  const times = /^(\d*)xlarge$/.exec(size)?.[1];
  return times === undefined ? undefined : 2 * Number(times || 1);
}
