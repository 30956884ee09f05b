import { type BakeEvent, stageTitle, unreachable } from '../model/events.ts';
import { bucketChangeText, joinedText, outcomeText, protectionText, retriedText, testText } from './describe.ts';
import { formatDuration } from './duration.ts';
import { backText, changeText, pointerTitle, progressText, stepText } from './promotion.ts';

export type RowState = 'waiting' | 'running' | 'done' | 'reused' | 'failed' | 'cancelled';

const PLACE_STATES = { published: 'done', unchanged: 'reused', failed: 'failed', cancelled: 'cancelled' } as const;
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
  lastLine: string;
}

export type Rows = Map<string, Row>;

/** Changes the rows to what an event says. What comes late, after its row has settled or gone, changes nothing. */
export function applyEvent(rows: Rows, event: BakeEvent, now: number): void {
  switch (event.type) {
    case 'plan':
      for (const step of event.plan.steps) rowOf(rows, step.id);
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
      settle(rowOf(rows, event.id), event.outcome.status, outcomeText(event.outcome, event.seconds));
      return;
    case 'clone-started':
      start(rowOf(rows, event.id), now);
      return;
    case 'test-finished':
      say(rows.get(event.id), testText(event.test));
      return;
    case 'clone-finished':
      settle(rowOf(rows, event.id), event.outcome.status, outcomeText(event.outcome, event.seconds));
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
      settle(rowOf(rows, event.id), PLACE_STATES[event.outcome.status], outcomeText(event.outcome, event.seconds));
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
      settle(rowOf(rows, pointerTitle(event)), 'done', changeText(event));
      return;
    case 'pointer-put-back':
      settle(rowOf(rows, pointerTitle(event)), 'cancelled', backText(event));
      return;
    case 'site-finished':
      settle(rowOf(rows, event.id), SITE_STATES[event.outcome.status], outcomeText(event.outcome, event.seconds));
      return;
    case 'setup-started':
      start(rowOf(rows, event.step), now);
      return;
    case 'setup-output':
      say(rows.get(event.step), event.line);
      return;
    case 'setup-finished':
      settle(rowOf(rows, event.step), 'done', setupText(event.seconds, event.detail));
      return;
    case 'place-planned':
    case 'promotion-planned':
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
    if (row.state === 'waiting') settle(row, 'cancelled', 'not started');
    if (row.state === 'running')
      settle(row, 'cancelled', row.text === '' ? 'not finished' : `not finished: ${row.text}`);
  }
}

export const isSettled = (row: Row): boolean => row.state !== 'waiting' && row.state !== 'running';

function rowOf(rows: Rows, name: string): Row {
  const known = rows.get(name);
  if (known !== undefined) return known;
  const row: Row = { name, state: 'waiting', text: '', startedAt: undefined, stageStartedAt: undefined, lastLine: '' };
  rows.set(name, row);
  return row;
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

function settle(row: Row, state: RowState, text: string): void {
  Object.assign(row, { state, text, startedAt: undefined, stageStartedAt: undefined, lastLine: '' });
}

const setupText = (seconds: number, detail: string | undefined): string =>
  `done in ${formatDuration(seconds)}${detail === undefined ? '' : `: ${detail}`}`;
