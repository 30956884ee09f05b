import { type Check, isBad, type TestResult, type TrialReport } from '../model/trial.ts';

interface Case {
  readonly name: string;
  readonly seconds?: number;
  /** Why it failed, the first line as the message. */
  readonly failure?: string;
  readonly output?: string;
}

/** A trial as JUnit XML, as CI systems read it: one suite per boot, one per machine's layer tests, one for the clones. */
export function junit(reports: readonly TrialReport[]): string {
  const suites = reports.flatMap(suitesOf);
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="bake try">\n${suites.join('')}</testsuites>\n`;
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

function checkCase(check: Check): Case {
  const values = [
    ...(check.expected === undefined ? [] : [`expected: ${check.expected}`]),
    ...(check.found === undefined ? [] : [`found: ${check.found}`]),
    ...(check.reason === undefined ? [] : [check.reason]),
  ];
  if (isBad(check)) return { name: check.id, failure: [`${check.status}: ${check.title}`, ...values].join('\n') };
  return { name: check.id, output: values.join('\n') };
}

function testCase({ layer, name, ok, exitCode, seconds, output }: TestResult): Case {
  const text = output.join('\n');
  const how = exitCode === undefined ? 'its time was up' : `exit code ${exitCode}`;
  return { name: `layers/${layer}/test/${name}`, seconds, ...(ok ? { output: text } : { failure: `${how}\n${text}` }) };
}

function suite(name: string, cases: readonly Case[]): string {
  const failures = cases.filter(({ failure }) => failure !== undefined).length;
  const head = `  <testsuite name="${escaped(name)}" tests="${cases.length}" failures="${failures}" errors="0" skipped="0">\n`;
  return `${head}${cases.map((one) => caseText(name, one)).join('')}  </testsuite>\n`;
}

function caseText(suiteName: string, { name, seconds = 0, failure, output = '' }: Case): string {
  const head = `    <testcase classname="${escaped(suiteName)}" name="${escaped(name)}" time="${seconds.toFixed(3)}"`;
  if (failure !== undefined) {
    const message = escaped(failure.split('\n')[0] ?? '');
    return `${head}>\n      <failure message="${message}">${escaped(failure)}</failure>\n    </testcase>\n`;
  }
  return output === ''
    ? `${head}/>\n`
    : `${head}>\n      <system-out>${escaped(output)}</system-out>\n    </testcase>\n`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

/** For text and attributes. XML 1.0 cannot hold most control characters, not even escaped. */
function escaped(text: string): string {
  return text
    .replaceAll(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '\uFFFD')
    .replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}
