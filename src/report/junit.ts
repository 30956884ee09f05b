import { type Check, isBad, type TestResult, type TrialReport } from '../model/trial.ts';
import { type JunitCase, junitXml, suite } from './junit-xml.ts';

/** A trial as JUnit XML, as CI systems read it: one suite per boot, one per machine's layer tests, one for the clones. */
export function junit(reports: readonly TrialReport[]): string {
  return junitXml('bake try', reports.flatMap(suitesOf));
}

function suitesOf(report: TrialReport): readonly string[] {
  const version = `${report.image} ${report.imageVersion}`;
  const machines = report.clones.flatMap(({ id, boots, tests }) => [
    ...boots.map(({ boot, checks }) => suite(`${version}: ${id} boot ${boot}`, checks.map(checkCase))),
    ...(tests.length === 0 ? [] : [suite(`${version}: ${id} layer tests`, tests.map(testCase))]),
  ]);
  if (report.checks.length === 0) return machines;
  return [...machines, suite(`${version}: clones`, report.checks.map(checkCase))];
}

function checkCase(check: Check): JunitCase {
  const values = [
    ...(check.expected === undefined ? [] : [`expected: ${check.expected}`]),
    ...(check.found === undefined ? [] : [`found: ${check.found}`]),
    ...(check.reason === undefined ? [] : [check.reason]),
  ];
  if (isBad(check)) return { name: check.id, failure: [`${check.status}: ${check.title}`, ...values].join('\n') };
  return { name: check.id, output: values.join('\n') };
}

function testCase({ layer, name, ok, exitCode, seconds, output }: TestResult): JunitCase {
  const text = output.join('\n');
  const how = exitCode === undefined ? 'its time was up' : `exit code ${exitCode}`;
  return { name: `layers/${layer}/test/${name}`, seconds, ...(ok ? { output: text } : { failure: `${how}\n${text}` }) };
}
