// Bundles the command line, the public API and what the scripts of this repository use into `dist/`, with the packages
// that they use. Reading hundreds of small modules takes several times as long as starting node; in a bundle there is
// what is used, and a command loads its own part.
// usage: node src/bundle.mjs [dist]
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const src = fileURLToPath(new URL('.', import.meta.url));
const [outdir = 'dist'] = process.argv.slice(2);

const SDK_SCHEMAS = /[\\/]@aws-sdk[\\/]client-[\w-]+[\\/]dist-es[\\/]schemas[\\/][\w-]+\.js$/;

const { metafile } = await build({
  entryPoints: ['cli.ts', 'index.ts', 'sandbox/prepare.ts', 'setup/ensure-tools.ts'].map((file) => join(src, file)),
  outbase: src,
  outdir,
  // As deep as a module's own folder in src/: what is found beside `src/` is found beside `dist/`.
  chunkNames: 'chunks/[name]-[hash]',
  bundle: true,
  splitting: true,
  // Loads files of its own beside it.
  external: ['jiti'],
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  // The builds that can be shaken.
  mainFields: ['module', 'main'],
  // Some of it was written for require.
  banner: {
    js: "import { createRequire as requireFrom } from 'node:module';\nconst require = requireFrom(import.meta.url);",
  },
  // In one file, below.
  legalComments: 'none',
  logLevel: 'warning',
  metafile: true,
  plugins: [{ name: 'sdk-schemas', setup: (bundle) => bundle.onLoad({ filter: SDK_SCHEMAS }, sdkSchemas) }],
});

// What an earlier build has left there would be packed too.
const chunks = join(outdir, 'chunks');
const built = new Set(Object.keys(metafile.outputs).map((file) => resolve(file)));
for (const name of readdirSync(chunks)) if (!built.has(resolve(chunks, name))) rmSync(join(chunks, name));

writeFileSync(join(outdir, 'third-party-licenses.txt'), licenses(Object.keys(metafile.inputs)));

/**
 * The shapes of all calls of a service, a megabyte of them for EC2. Computed keys (`[_xN]: …`) might have effects, so that
 * none of them would be left out; the constants' values in their place have none.
 */
function sdkSchemas({ path }) {
  const source = readFileSync(path, 'utf8');
  const constants = new Map([...source.matchAll(/^const (\w+) = (".*");$/gm)].map(([, name, text]) => [name, text]));
  const contents = source.replace(/\[(\w+)\]:/g, (key, name) =>
    constants.has(name) ? `${constants.get(name)}:` : key,
  );
  return { contents, loader: 'js' };
}

/** Of the packages that are in the bundle, as their licenses ask for. */
function licenses(inputs) {
  const folders = inputs.flatMap((file) => /^.*node_modules\/(?:@[^/]+\/)?[^./][^/]*(?=\/)/.exec(file) ?? []);
  return [...new Set(folders)].sort().map(licenseOf).join('\n');
}

function licenseOf(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const file = readdirSync(folder).find((entry) => /^licen[cs]e(?:[.-]|$)/i.test(entry));
  const text = file === undefined ? `License: ${license}` : readFileSync(join(folder, file), 'utf8').trimEnd();
  return `${name} ${version}\n\n${text}\n`;
}
