import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { loadConfig } from '../config/load.ts';
import { type Sorted, sortAccepted } from '../contract/acceptance.ts';
import type { UserData } from '../contract/rules/rule.ts';
import type { Finding } from '../model/finding.ts';
import type { Config } from '../model/image.ts';
import { findingsText } from '../report/findings.ts';
import { chooseColor } from '../report/mode.ts';
import { type CommandIo, type CommonOptions, configOption, print, printJson } from './io.ts';
import { fileFromRoot, type LintedImage, lintImages, once } from './lint-images.ts';
import { selectImages } from './selection.ts';
import { shellcheckLayers } from './shellcheck-layers.ts';

export interface CheckOptions extends CommonOptions {
  readonly strict?: boolean;
  readonly userData?: string;
}

/** `bake check [image…]`: what clones would lose of what the layers bake. Exit 1 where something of it counts. */
export async function check(names: readonly string[], options: CheckOptions, io: CommandIo): Promise<number> {
  const config = await loadConfig(configOption(options, io));
  const linted = await lintImages(config, selectImages(config, names), await userDataOf(options, io));
  const layers = [...new Map(linted.flatMap(({ layers }) => layers.map((text) => [text.layer.name, text]))).values()];
  const fromShellcheck = await shellcheckLayers(layers, io.signal);
  const sorted = sortAccepted(
    [...once(linted.flatMap(({ findings }) => findings)), ...(fromShellcheck ?? [])],
    layers.map(({ layer }) => layer),
    fromShellcheck === undefined ? ['shellcheck'] : [],
  );
  const strict = options.strict ?? false;
  const failed = sorted.findings.some(({ severity }) => severity === 'error' || (strict && severity === 'warning'));
  const placed = inProject(config, sorted, linted);
  const shellcheck = fromShellcheck === undefined ? 'absent' : 'ran';
  if (options.json) printJson(io, { version: 1, ok: !failed, strict, shellcheck, ...placed });
  else {
    const color = chooseColor({ isTTY: io.stdout.isTTY === true, env: io.env });
    print(io, findingsText(placed.findings, { color, strict, accepted: placed.accepted.length, shellcheck }));
  }
  return failed ? 1 : 0;
}

async function userDataOf({ userData }: CheckOptions, io: CommandIo): Promise<UserData | undefined> {
  if (userData === undefined) return undefined;
  return { file: userData, text: await readFile(resolve(io.cwd, userData), 'utf8') };
}

/** With files as they are found from the project's folder, and the images that each finding is about. */
function inProject(config: Config, { findings, accepted }: Sorted, linted: readonly LintedImage[]) {
  const placed = (finding: Finding) => ({
    ...finding,
    file: fileFromRoot(config, finding),
    images: linted
      .filter(({ layers }) => finding.layer === undefined || layers.some(({ layer }) => layer.name === finding.layer))
      .map(({ image }) => image),
  });
  return {
    findings: findings.map(placed),
    accepted: accepted.map(({ finding, reason }) => ({ ...placed(finding), reason })),
  };
}
