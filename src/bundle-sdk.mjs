// Bundles what the SDK's clients need for the calls that we make: `dist/aws/sdk/*.js` import nothing of node_modules then. Loading
// all of client-ec2 takes four times as long as starting node.
// usage: node src/bundle-sdk.mjs [dist]
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

const [dist = 'dist'] = process.argv.slice(2);
const folder = join(dist, 'aws', 'sdk');

const modules = readdirSync(folder).flatMap((name) => (name.endsWith('.js') ? [join(folder, name)] : []));
const isOurs = (file) => existsSync(file.replace(/\.js$/, '.d.ts'));
for (const file of modules) if (!isOurs(file)) rmSync(file); // of an earlier build

await build({
  entryPoints: modules.filter(isOurs),
  outdir: folder,
  allowOverwrite: true,
  bundle: true,
  // The clients share most of it, and load credential providers when they need one.
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  // The builds that can be shaken.
  mainFields: ['module', 'main'],
  // Some of it was written for require.
  banner: {
    js: "import { createRequire as requireFrom } from 'node:module';\nconst require = requireFrom(import.meta.url);",
  },
  legalComments: 'eof',
  logLevel: 'warning',
});
