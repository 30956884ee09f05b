import { appendFile, mkdir, open, stat, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { summarise } from '../model/errors.ts';
import type { BakeEvent, Emit } from '../model/events.ts';
import type { Config } from '../model/image.ts';
import type { PlanWarning } from '../model/plan.ts';
import type { RunFacts, RunReport } from '../model/run-report.ts';
import { runFacts } from '../plan/bake-cost.ts';
import { createCollector } from '../report/run-collector.ts';
import { runJunit } from '../report/run-junit.ts';
import { runReport } from '../report/run-report.ts';
import { runSummary } from '../report/run-summary.ts';
import type { CommandIo } from './io.ts';
import { toolVersion } from './tool-version.ts';

export interface ReportOptions {
  readonly junit?: string;
  readonly report?: string;
}

/** What a run of bakes leaves for CI systems to read. It takes events that are masked already. */
export interface RunFiles {
  readonly take: Emit;
  /** Says which configuration it is, as soon as that is known. */
  about(config: Config): void;
  /** Before anything is baked: what cannot be written. Files of an earlier run are empty afterwards. */
  check(): Promise<readonly PlanWarning[]>;
  /** The last event comes here before it is shown, since what cannot be written is shown before it. */
  write(result: BakeEvent): Promise<readonly PlanWarning[]>;
}

interface File {
  readonly path: string;
  readonly what: string;
  readonly content: (report: RunReport) => string;
}

export function openRunFiles(command: string, options: ReportOptions, io: CommandIo): RunFiles {
  const now = () => new Date();
  const startedAt = now();
  const { collected, take } = createCollector(now);
  const files = filesOf(options, io);
  const summary = io.env.GITHUB_STEP_SUMMARY;
  let facts: RunFacts | undefined;

  return {
    take,
    about(config) {
      facts = runFacts(config);
    },
    check: () => each(files, ({ path }) => emptied(path)),
    async write(result) {
      take(result);
      const finishedAt = now();
      const report = () => runReport(collected, { tool: toolVersion(), command, startedAt, finishedAt, facts });
      const written = await each(files, ({ path, content }) => writeFile(path, content(report())));
      if (!summary) return written;
      const step = { path: summary, what: 'the summary for GitHub', content: runSummary };
      return [...written, ...(await each([step], ({ path, content }) => appendFile(path, content(report()))))];
    },
  };
}

function filesOf({ junit, report }: ReportOptions, io: CommandIo): readonly File[] {
  return [
    ...(report === undefined
      ? []
      : [
          {
            path: resolve(io.cwd, report),
            what: '--report',
            content: (all: RunReport) => `${JSON.stringify(all, null, 2)}\n`,
          },
        ]),
    ...(junit === undefined ? [] : [{ path: resolve(io.cwd, junit), what: '--junit', content: runJunit }]),
  ];
}

/** A report is no reason to stop bakes, nor to call them failed. */
async function each(files: readonly File[], act: (file: File) => Promise<void>): Promise<readonly PlanWarning[]> {
  const warnings: PlanWarning[] = [];
  for (const file of files) {
    try {
      await act(file);
    } catch (error) {
      warnings.push(notWritten(file, error));
    }
  }
  return warnings;
}

function notWritten({ what }: File, error: unknown): PlanWarning {
  const isFault = error instanceof Error && 'syscall' in error;
  const { message, hint } = isFault
    ? { message: error.message, hint: 'Name a file in a folder that can be written.' }
    : summarise(error);
  const told = `${what} cannot be written: ${message}`;
  return { code: 'report-not-written', message: told, ...(hint === undefined ? {} : { hint }) };
}

/** So that a run that is killed leaves no report of the one before it. What is no file, such as a pipe, is left alone. */
async function emptied(path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const known = await stat(path).catch(() => undefined);
  if (known !== undefined && !known.isFile() && !known.isDirectory()) return;
  await (await open(path, 'w')).close();
}
