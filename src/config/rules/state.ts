import { fillPattern, isObjectName, OBJECT_NAME_RULE } from '../../model/region-config.ts';
import { show } from '../problems.ts';
import type { RuleContext } from '../rules.ts';
import { BUCKET, BUCKET_RULE } from './bucket-names.ts';
import { hasKnownPlaceholders } from './patterns.ts';

export function stateRule({ written, report }: RuleContext): void {
  const { state } = written;
  if (state === undefined) return;
  if (hasKnownPlaceholders(['state', 'bucket'], state.bucket, ['account', 'region'], report)) {
    const name = fillPattern(state.bucket, { account: '0'.repeat(12), region: state.region ?? written.region });
    if (!BUCKET.test(name)) report(['state', 'bucket'], `becomes ${show(name)}, which is not ${BUCKET_RULE}`);
  }
  if (state.prefix !== undefined && !isObjectName(state.prefix)) {
    report(['state', 'prefix'], `${show(state.prefix)} is not a prefix: ${OBJECT_NAME_RULE}`);
  }
  const [, region] = /^arn:[^:]+:kms:([^:]+):/.exec(state.kmsKey ?? '') ?? [];
  const wanted = state.region ?? written.region;
  if (region !== undefined && region !== wanted) {
    report(['state', 'kmsKey'], `is a key of ${region}; the bucket is in ${wanted}`);
  }
}
