import { type BakeEvent, stageTitle, unreachable } from '../model/events.ts';
import { nodeId } from '../model/ids.ts';
import type { PlanStep } from '../model/plan.ts';
import { leftoverTitle } from '../model/sweep.ts';
import {
  bucketChangeText,
  joinedText,
  outcomeText,
  protectionText,
  retriedText,
  shellReadyText,
  shellStartedText,
  testText,
} from './describe.ts';
import { formatDuration } from './duration.ts';
import { backText, changeText, pointerTitle, progressText, stepText } from './promotion.ts';
import { retireStepText } from './prune-words.ts';

export type RowState = 'waiting' | 'running' | 'done' | 'reused' | 'failed' | 'cancelled';

const PLACE_STATES = { published: 'done', unchanged: 'reused', failed: 'failed', cancelled: 'cancelled' } as const;
const SWEEP_STATES = { swept: 'done', failed: 'failed', cancelled: 'cancelled' } as const;
const RETIRE_STATES = {
  retired: 'done',
  deregistered: 'done',
  restored: 'done',
  failed: 'failed',
  cancelled: 'cancelled',
} as const;
const SITE_STATES = { ready: 'done', failed: 'failed', cancelled: 'cancelled' } as const;

/** One image, machine under trial or step of set-up, as the terminal shows it. */
export interface Row {
  readonly name: string;
  state: RowState;
  /** The stage while it runs, afterwards how it ended. */
  text: string;
  /** Since when the row and its stage run, milliseconds; undefined when nothing is to be counted. */
  startedAt: number | undefined;
  stageStartedAt: number | undefined;
  settledAt: number | undefined;
  /** What it took in the end. */
  seconds: number | undefined;
  lastLine: string;
  /** Of an image of a plan. */
  planned: Planned | undefined;
}

export interface Planned {
  readonly bakes: boolean;
  /** The row that has to end first. */
  readonly parent: string | undefined;
}

export type Rows = Map<string, Row>;

/** Changes the rows to what an event says. What comes late, after its row has settled or gone, changes nothing. */
export function applyEvent(rows: Rows, event: BakeEvent, now: number): void {
  switch (event.type) {
    case 'plan':
      for (const step of event.plan.steps) rowOf(rows, step.id).planned = plannedOf(step);
      return;
    case 'bake-started':
      start(rowOf(rows, event.id), now);
      return;
    case 'stage-started':
      startStage(rows.get(event.id), stageTitle(event.stage), now);
      return;
    case 'bake-retried':
      startStage(rows.get(event.id), retriedText(event), now);
      return;
    case 'bake-joined':
      startStage(rows.get(event.id), joinedText(event), now);
      return;
    case 'stage-finished':
      finishStage(rows.get(event.id));
      return;
    case 'version-reserved':
      say(rows.get(event.id), `version ${event.version}`);
      return;
    case 'output':
      say(rows.get(event.id), event.line);
      return;
    case 'removed':
      say(rows.get(event.id), `removed ${event.what}`);
      return;
    case 'protected':
      say(rows.get(event.id), protectionText(event.protection));
      return;
    case 'bake-finished':
      settle(rowOf(rows, event.id), event.outcome.status, outcomeText(event.id, event.outcome, event.seconds), now);
      rowOf(rows, event.id).seconds = event.seconds;
      return;
    case 'clone-started':
      start(rowOf(rows, event.id), now);
      return;
    case 'test-finished':
      say(rows.get(event.id), testText(event.test));
      return;
    case 'clone-finished':
      settle(rowOf(rows, event.id), event.outcome.status, outcomeText(event.id, event.outcome, event.seconds), now);
      return;
    case 'shell-started':
      start(rowOf(rows, event.id), now);
      say(rows.get(event.id), shellStartedText(event));
      return;
    case 'shell-ready':
      settle(rowOf(rows, event.id), 'done', shellReadyText(event), now);
      return;
    case 'place-started':
      start(rowOf(rows, event.id), now);
      return;
    case 'bucket-changed':
      say(rows.get(event.id), bucketChangeText(event.bucket, event.change));
      return;
    case 'object-written':
      say(rows.get(event.id), `wrote ${event.name}`);
      return;
    case 'place-finished':
      settle(
        rowOf(rows, event.id),
        PLACE_STATES[event.outcome.status],
        outcomeText(event.id, event.outcome, event.seconds),
        now,
      );
      return;
    case 'site-started':
      start(rowOf(rows, event.id), now);
      return;
    case 'site-step':
      startStage(rows.get(event.id), stepText(event.step), now);
      return;
    case 'site-progress':
      say(rows.get(event.id), progressText(event));
      return;
    case 'pointer-moved':
      settle(rowOf(rows, pointerTitle(event)), 'done', changeText(event), now);
      return;
    case 'pointer-put-back':
      settle(rowOf(rows, pointerTitle(event)), 'cancelled', backText(event), now);
      return;
    case 'site-finished':
      settle(
        rowOf(rows, event.id),
        SITE_STATES[event.outcome.status],
        outcomeText(event.id, event.outcome, event.seconds),
        now,
      );
      return;
    case 'sweep-planned':
      for (const { id } of event.plan.sites) start(rowOf(rows, id), now);
      return;
    case 'leftover-removed':
      say(rows.get(event.id), `removed ${leftoverTitle(event.leftover)}`);
      return;
    case 'sweep-finished':
      settle(
        rowOf(rows, event.id),
        SWEEP_STATES[event.outcome.status],
        outcomeText(event.id, event.outcome, event.seconds),
        now,
      );
      return;
    case 'retire-started':
      start(rowOf(rows, event.id), now);
      return;
    case 'retire-step':
      startStage(rows.get(event.id), retireStepText(event.step), now);
      return;
    case 'retire-finished':
      settle(
        rowOf(rows, event.id),
        RETIRE_STATES[event.outcome.status],
        outcomeText(event.id, event.outcome, event.seconds),
        now,
      );
      return;
    case 'setup-started':
      start(rowOf(rows, event.step), now);
      return;
    case 'setup-output':
      say(rows.get(event.step), event.line);
      return;
    case 'setup-finished':
      settle(rowOf(rows, event.step), 'done', setupText(event.seconds, event.detail), now);
      return;
    case 'place-planned':
    case 'promotion-planned':
    case 'prune-planned':
    case 'run-started':
    case 'kept':
    case 'trial-finished':
    case 'warning':
    case 'result':
      return;
    default:
      unreachable(event);
  }
}

/** What has not ended by itself when the run is over. */
export function settleRest(rows: Rows): void {
  for (const row of rows.values()) {
    if (row.state === 'waiting') settle(row, 'cancelled', 'not started', undefined);
    if (row.state === 'running')
      settle(row, 'cancelled', row.text === '' ? 'not finished' : `not finished: ${row.text}`, undefined);
  }
}

export const isSettled = (row: Row): boolean => row.state !== 'waiting' && row.state !== 'running';

function rowOf(rows: Rows, name: string): Row {
  const known = rows.get(name);
  if (known !== undefined) return known;
  const row: Row = { ...newRow(), name };
  rows.set(name, row);
  return row;
}

const newRow = (): Omit<Row, 'name'> => ({
  state: 'waiting',
  text: '',
  startedAt: undefined,
  stageStartedAt: undefined,
  settledAt: undefined,
  seconds: undefined,
  lastLine: '',
  planned: undefined,
});

function plannedOf(step: PlanStep): Planned {
  const { parent, architecture, action } = step;
  const isOurs = parent.kind === 'this-run';
  return { bakes: action === 'bake', parent: isOurs ? nodeId(parent.image, architecture) : undefined };
}

function start(row: Row, now: number): void {
  Object.assign(row, { state: 'running', text: '', startedAt: now, stageStartedAt: undefined, lastLine: '' });
}

function startStage(row: Row | undefined, title: string, now: number): void {
  if (row?.state !== 'running') return;
  Object.assign(row, { text: title, stageStartedAt: now, lastLine: '' });
}

/** Its title stays until the next stage starts. */
function finishStage(row: Row | undefined): void {
  if (row !== undefined) row.stageStartedAt = undefined;
}

function say(row: Row | undefined, line: string): void {
  if (row?.state === 'running' && line.trim() !== '') row.lastLine = line;
}

function settle(row: Row, state: RowState, text: string, settledAt: number | undefined): void {
  Object.assign(row, { state, text, startedAt: undefined, stageStartedAt: undefined, lastLine: '', settledAt });
}

const setupText = (seconds: number, detail: string | undefined): string =>
  `done in ${formatDuration(seconds)}${detail === undefined ? '' : `: ${detail}`}`;
