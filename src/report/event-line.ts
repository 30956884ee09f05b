import { type AnyOutcome, type BakeEvent, stageTitle, unreachable } from '../model/events.ts';
import { leftoverTitle } from '../model/sweep.ts';
import { troubleText } from '../model/trial.ts';
import {
  bucketChangeText,
  joinedText,
  outcomeText,
  placePlanText,
  planText,
  protectionText,
  reasonText,
  retriedText,
  shellReadyText,
  shellStartedText,
  tallyText,
  testText,
} from './describe.ts';
import { formatDuration } from './duration.ts';
import type { Paint, Palette } from './palette.ts';
import { backText, changeText, planSummary, pointerTitle, progressText, stepText } from './promotion.ts';
import { pruneSummary, retireStepText } from './prune-words.ts';
import { sweepSummary } from './sweep.ts';
import { plainLine } from './text.ts';

/** An event on one line, without the time. */
export function eventLine(event: BakeEvent, paint: Palette): string {
  switch (event.type) {
    case 'run-started':
      return `${event.command}: run ${event.run}, logs in ${event.logs}`;
    case 'plan':
      return `plan: ${planText(event.plan)}`;
    case 'warning':
      return about(event.id, paint, `${paint.yellow('warning:')} ${plainLine(event.warning.message)}`);
    case 'bake-started':
      return about(event.id, paint, `baking: ${reasonText(event.reason)}`);
    case 'version-reserved':
      return about(event.id, paint, `version ${event.version}`);
    case 'bake-retried':
      return about(event.id, paint, paint.yellow(retriedText(event)));
    case 'bake-joined':
      return about(event.id, paint, joinedText(event));
    case 'stage-started':
      return about(event.id, paint, stageTitle(event.stage));
    case 'stage-finished':
      return about(event.id, paint, `${stageTitle(event.stage)}: done in ${formatDuration(event.seconds)}`);
    case 'output':
      return about(event.id, paint, output(event.line, paint));
    case 'removed':
      return about(event.id, paint, `removed ${event.what}`);
    case 'protected':
      return about(event.id, paint, protectionText(event.protection));
    case 'bake-finished':
      return about(event.id, paint, outcomePaint(event.outcome, paint)(outcomeLine(event)));
    case 'clone-started':
      return about(event.id, paint, `trying ${event.version} ${event.imageId}`);
    case 'test-finished':
      return about(event.id, paint, (event.test.ok ? paint.green : paint.red)(testText(event.test)));
    case 'clone-finished':
      return about(event.id, paint, outcomePaint(event.outcome, paint)(outcomeLine(event)));
    case 'kept':
      return about(event.id, paint, `kept ${event.instanceId}: ${event.login}`);
    case 'trial-finished':
      return about(event.id, paint, troubleText(event.report) || paint.green('all is as baked'));
    case 'shell-started':
      return about(event.id, paint, shellStartedText(event));
    case 'shell-ready':
      return about(event.id, paint, paint.green(shellReadyText(event)));
    case 'place-planned':
      return about(event.id, paint, `s3://${event.plan.bucket}/${event.plan.prefix}, ${placePlanText(event.plan)}`);
    case 'place-started':
      return about(event.id, paint, 'started');
    case 'bucket-changed':
      return about(event.id, paint, bucketChangeText(event.bucket, event.change));
    case 'object-written':
      return about(event.id, paint, `wrote ${event.name}, ${event.bytes} bytes`);
    case 'place-finished':
      return about(event.id, paint, outcomePaint(event.outcome, paint)(outcomeLine(event)));
    case 'promotion-planned':
      return `plan: ${planSummary(event.plan)}`;
    case 'site-started':
      return about(event.id, paint, 'started');
    case 'site-step':
      return about(event.id, paint, stepText(event.step));
    case 'site-progress':
      return about(event.id, paint, progressText(event));
    case 'site-finished':
      return about(event.id, paint, outcomePaint(event.outcome, paint)(outcomeLine(event)));
    case 'pointer-moved':
      return about(pointerTitle(event), paint, changeText(event));
    case 'pointer-put-back':
      return about(pointerTitle(event), paint, paint.yellow(backText(event)));
    case 'sweep-planned':
      return `plan: ${sweepSummary(event.plan)}`;
    case 'leftover-removed':
      return about(event.id, paint, `removed ${leftoverTitle(event.leftover)}`);
    case 'sweep-finished':
      return about(event.id, paint, outcomePaint(event.outcome, paint)(outcomeLine(event)));
    case 'prune-planned':
      return `plan: ${pruneSummary(event.plan)}`;
    case 'retire-started':
      return about(event.id, paint, 'started');
    case 'retire-step':
      return about(event.id, paint, retireStepText(event.step));
    case 'retire-finished':
      return about(event.id, paint, outcomePaint(event.outcome, paint)(outcomeLine(event)));
    case 'setup-started':
      return about(event.step, paint, 'started');
    case 'setup-output':
      return about(event.step, paint, output(event.line, paint));
    case 'setup-finished':
      return about(event.step, paint, `done in ${formatDuration(event.seconds)}${suffix(event.detail)}`);
    case 'result':
      return resultLine(event, paint);
    default:
      return unreachable(event);
  }
}

function outcomePaint(outcome: AnyOutcome, paint: Palette): Paint {
  if (outcome.status === 'failed') return paint.red;
  return outcome.status === 'cancelled' ? paint.yellow : paint.green;
}

interface Ended {
  readonly id: string;
  readonly outcome: AnyOutcome;
  readonly seconds: number;
}

const outcomeLine = ({ id, outcome, seconds }: Ended): string =>
  plainLine(outcomeText(id, outcome, seconds).replaceAll('\n', ' '));

const about = (subject: string | undefined, paint: Palette, text: string): string =>
  subject === undefined ? text : `${paint.bold(subject)} ${text}`;

const output = (line: string, paint: Palette): string => `${paint.dim('|')} ${line}`;

const suffix = (detail: string | undefined): string => (detail === undefined ? '' : `: ${plainLine(detail)}`);

/** Set-up and a command that failed before its plan have no outcomes to count; of that the error says all. */
function resultLine({ ok, outcomes }: Extract<BakeEvent, { type: 'result' }>, paint: Palette): string {
  const tally = tallyText(outcomes);
  if (!ok && tally === '') return '';
  return `${ok ? paint.green('finished') : paint.red('failed')}${tally === '' ? '' : `: ${tally}`}`;
}
