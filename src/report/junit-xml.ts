export interface JunitCase {
  readonly name: string;
  readonly seconds?: number;
  readonly properties?: Readonly<Record<string, string>>;
  /** Why it failed, the first line as the message. */
  readonly failure?: string;
  /** Of a failure: what scripts match on. */
  readonly type?: string;
  /** Why it was not run. */
  readonly skipped?: string;
  readonly output?: string;
}

/** JUnit XML as CI systems read it. */
export function junitXml(name: string, suites: readonly string[]): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="${escaped(name)}">\n${suites.join('')}</testsuites>\n`;
}

export function suite(name: string, cases: readonly JunitCase[], startedAt?: string): string {
  const failures = cases.filter(({ failure }) => failure !== undefined).length;
  const skipped = cases.filter((one) => one.skipped !== undefined).length;
  const counts = `tests="${cases.length}" failures="${failures}" errors="0" skipped="${skipped}"`;
  const at = startedAt === undefined ? '' : ` timestamp="${escaped(startedAt)}"`;
  const head = `  <testsuite name="${escaped(name)}" ${counts}${at}>\n`;
  return `${head}${cases.map((one) => caseText(name, one)).join('')}  </testsuite>\n`;
}

function caseText(suiteName: string, one: JunitCase): string {
  const { name, seconds = 0 } = one;
  const head = `    <testcase classname="${escaped(suiteName)}" name="${escaped(name)}" time="${seconds.toFixed(3)}"`;
  const parts = [...propertiesText(one), ...endText(one), ...outputText(one)];
  return parts.length === 0 ? `${head}/>\n` : `${head}>\n${parts.join('')}    </testcase>\n`;
}

function propertiesText({ properties = {} }: JunitCase): readonly string[] {
  const lines = Object.entries(properties).map(
    ([name, value]) => `        <property name="${escaped(name)}" value="${escaped(value)}"/>\n`,
  );
  return lines.length === 0 ? [] : [`      <properties>\n${lines.join('')}      </properties>\n`];
}

function endText({ failure, type, skipped }: JunitCase): readonly string[] {
  if (skipped !== undefined) return [`      <skipped message="${escaped(skipped)}"/>\n`];
  if (failure === undefined) return [];
  const kind = type === undefined ? '' : ` type="${escaped(type)}"`;
  return [`      <failure message="${escaped(failure.split('\n')[0] ?? '')}"${kind}>${escaped(failure)}</failure>\n`];
}

const outputText = ({ output = '' }: JunitCase): readonly string[] =>
  output === '' ? [] : [`      <system-out>${escaped(output)}</system-out>\n`];

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
