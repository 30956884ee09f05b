import type { ErrorSummary } from '../model/errors.ts';
import { groupBy } from '../model/group.ts';
import type { ImageReport, RunReport } from '../model/run-report.ts';
import { reasonText } from './describe.ts';
import { type JunitCase, junitXml, suite } from './junit-xml.ts';

/** A run of bakes as JUnit XML: a suite for each level of the hierarchy, and one for the run where it is the run that failed. */
export function runJunit(report: RunReport): string {
  const { images, startedAt, command, error } = report;
  const levels = groupBy(
    images.toSorted((a, b) => a.level - b.level),
    ({ level }) => String(level),
  );
  const suites = levels.map((level) => suite(suiteName(level[0].level), level.map(caseOf), startedAt));
  const whole =
    error === undefined
      ? []
      : [suite('run', [{ name: command, seconds: report.seconds, ...failureOf(error) }], startedAt)];
  return junitXml(command, [...suites, ...whole]);
}

const suiteName = (level: number): string => (level === 0 ? 'level 0: base images' : `level ${level}: service images`);

function caseOf(image: ImageReport): JunitCase {
  const { id: name, seconds, outcome, version, warnings } = image;
  const properties = {
    ...(image.reason === undefined ? {} : { reason: reasonText(image.reason) }),
    ...(version === null ? {} : { version }),
    ...(outcome !== null && 'imageId' in outcome ? { ami: outcome.imageId } : {}),
    outcome: outcome?.status ?? 'not started',
  };
  const output = warnings.map(({ message, hint }) =>
    [`warning: ${message}`, ...(hint ? [`→ ${hint}`] : [])].join('\n'),
  );
  const about = { name, seconds, properties, output: output.join('\n') };
  if (outcome === null) return { ...about, skipped: 'not started' };
  if (outcome.status === 'failed') return { ...about, ...failureOf(outcome.error) };
  return outcome.status === 'cancelled' ? { ...about, skipped: outcome.because } : about;
}

const failureOf = ({ code, message, details = [], hint }: ErrorSummary): Pick<JunitCase, 'failure' | 'type'> => ({
  failure: [message, ...details, ...(hint === undefined ? [] : [`→ ${hint}`]), `code: ${code}`].join('\n'),
  type: code,
});
