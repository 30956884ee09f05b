import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { isFault } from '../config/faults.ts';
import { loadConfig } from '../config/load.ts';
import { ciOf } from '../config/normalise-ci.ts';
import { CI_SYSTEMS, type CiSystem } from '../model/ci.ts';
import { BakeError, usage } from '../model/errors.ts';
import { planPipeline } from '../plan/pipeline.ts';
import { MADE_BY, pipelineText } from '../render/ci.ts';
import { lineChanges } from '../report/line-changes.ts';
import { topOfCheckout } from './git.ts';
import { type CommandIo, type CommonOptions, configOption, print, printJson } from './io.ts';

export interface CiOptions extends CommonOptions {
  readonly out?: string;
  readonly check?: boolean;
}

/** From the top of the checkout, where each system looks for it. */
const FILES: Readonly<Record<CiSystem, string>> = {
  github: '.github/workflows/bake.yml',
  gitlab: '.gitlab/bake.yml',
  codebuild: 'buildspec.bake.yml',
};

/** `bake ci <system>`: the image graph as a pipeline, one job for each image and architecture. Asks nobody. */
export async function ci(name: string, options: CiOptions, io: CommandIo): Promise<number> {
  const system = systemOf(name);
  const config = await loadConfig(configOption(options, io));
  const top = (await topOfCheckout(config.root)) ?? config.root;
  const file = options.out === undefined ? join(top, FILES[system]) : resolve(io.cwd, options.out);
  const out = options.out === undefined ? '' : ` --out ${between(config.root, file)}`;
  const place = { folder: between(top, config.root), file: between(top, file), madeBy: `ci ${system}${out}` };
  const pipeline = planPipeline(config, config.ci ?? ciOf({}), place);
  const text = pipelineText(system, pipeline);
  const shown = relative(io.cwd, file) || file;
  const there = await textOf(file);

  if (options.check) requireFit(shown, there, text, place.madeBy);
  else if (there !== undefined && !there.split('\n', 1)[0]?.includes(MADE_BY(system))) throw notOurs(shown);
  const written = there !== text;
  if (written) await writeWhole(file, text);

  const jobs = pipeline.jobs.map(({ name, image, architectures, needs, minutes }) => {
    return { name, image, architectures, needs, minutes };
  });
  if (options.json) printJson(io, { version: 1, system, file, written, jobs });
  else print(io, `${shown}: ${jobs.length} jobs, ${written ? 'written' : 'as the configuration says'}`);
  return 0;
}

/** A path with slashes, as files that other machines read name it. */
const between = (from: string, to: string): string => relative(from, to).split(sep).join('/');

function systemOf(name: string): CiSystem {
  const system = CI_SYSTEMS.find((known) => known === name);
  if (system !== undefined) return system;
  throw usage(`${JSON.stringify(name)} is no CI system that bake knows`, `It knows ${CI_SYSTEMS.join(', ')}.`);
}

async function textOf(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (isFault(error, 'ENOENT')) return undefined;
    throw error;
  }
}

async function writeWhole(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(`${file}.tmp`, text);
  await rename(`${file}.tmp`, file);
}

/** Lines that a person still reads; the rest is counted. */
const MOST_LINES = 40;

function requireFit(file: string, there: string | undefined, wanted: string, madeBy: string): void {
  if (there === wanted) return;
  const hint = `Make it again and commit it: bake ${madeBy}.`;
  if (there === undefined) {
    throw new BakeError({ code: 'ci-file-missing', message: `${file} is not there`, hint, blame: 'user' });
  }
  const changes = lineChanges(there, wanted);
  const details = changes.slice(0, MOST_LINES).map(({ line, sign, text }) => `${sign} ${line}: ${text}`);
  const more = changes.length - details.length;
  throw new BakeError({
    code: 'ci-file-outdated',
    message: `${file} is not what the configuration says`,
    hint,
    details: more > 0 ? [...details, `and ${more} more lines`] : details,
    blame: 'user',
  });
}

function notOurs(file: string): BakeError {
  return usage(
    `${file} was not made by bake ci, which would replace it`,
    'Remove it, or name another file with --out.',
  );
}
