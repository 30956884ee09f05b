import type { Region } from '../../model/ids.ts';
import { EVERYWHERE, type Price, type Prices, pairOf } from '../../model/prices.ts';

const AS_OF = '2026-11-20';
const verified = (usd: number): Price => ({ usd, verified: true, asOf: AS_OF });
const assumed = (usd: number): Price => ({ usd, verified: false, asOf: AS_OF });

/** What AWS bills for standard snapshots and between regions; `prices` of the configuration goes before. */
export const DEFAULT_PRICES: Omit<Prices, 'instancePerHour'> = {
  snapshotPerGbMonth: {
    'us-east-1': verified(0.05),
    'eu-west-1': verified(0.05),
    'eu-central-1': verified(0.054),
    'us-west-1': assumed(0.055),
    'ca-central-1': assumed(0.055),
    'ap-southeast-2': assumed(0.055),
    'ap-east-1': assumed(0.055),
    'me-south-1': assumed(0.055),
    'eu-west-2': assumed(0.053),
    'eu-west-3': assumed(0.053),
    'af-south-1': assumed(0.0595),
    'sa-east-1': assumed(0.068),
    [EVERYWHERE]: assumed(0.05),
  },
  transferPerGb: {
    [pairOf('us-east-1', 'us-east-2')]: verified(0.01),
    [pairOf('us-east-2', 'us-east-1')]: verified(0.01),
    'us-east-1': verified(0.02),
    'us-east-2': verified(0.02),
    'us-west-2': verified(0.02),
    'eu-west-1': verified(0.02),
    'eu-central-1': verified(0.02),
    'ap-south-1': assumed(0.086),
    'ap-southeast-1': assumed(0.09),
    'ap-northeast-1': assumed(0.09),
    'ap-northeast-2': assumed(0.08),
    'ap-southeast-2': assumed(0.098),
    'ap-east-1': assumed(0.09),
    'me-south-1': assumed(0.1105),
    'sa-east-1': assumed(0.138),
    'af-south-1': assumed(0.147),
    [EVERYWHERE]: assumed(0.02),
  },
};

/** `own` goes before the defaults, also with what it says of all regions. */
export function snapshotPrice(region: Region, own?: Prices): Price {
  return first([own?.snapshotPerGbMonth, DEFAULT_PRICES.snapshotPerGbMonth], [region, EVERYWHERE]);
}

/** Undefined within a region: nothing is billed. */
export function transferPrice(from: Region, to: Region, own?: Prices): Price | undefined {
  if (from === to) return undefined;
  return first([own?.transferPerGb, DEFAULT_PRICES.transferPerGb], [pairOf(from, to), from, EVERYWHERE]);
}

function first(tables: readonly (Prices[keyof Prices] | undefined)[], keys: readonly string[]): Price {
  for (const table of tables) {
    for (const key of keys) {
      const price = table?.[key];
      if (price !== undefined) return price;
    }
  }
  throw new Error(`the defaults have no price for ${keys.join(', ')}`);
}
