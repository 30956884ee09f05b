import { BakeError } from '../model/errors.ts';
import { type Config, type Image, type Layer, usesAnsible } from '../model/image.ts';
import { probeTools } from '../setup/probe.ts';
import { detectSystem, installHint } from '../setup/system.ts';

/** Layers of these images that Ansible is needed for. */
export function layersWithAnsible(config: Config, images: Iterable<Image>): readonly Layer[] {
  const names = new Set([...images].flatMap(({ layers }) => layers));
  return [...names].flatMap((name) => config.layers.get(name) ?? []).filter(usesAnsible);
}

/** Throws `ansible-missing`: it runs on this machine, and is installed by nobody but its user. */
export async function requireAnsible(config: Config, images: readonly Image[], signal: AbortSignal): Promise<void> {
  const [layer] = layersWithAnsible(config, images);
  if (layer === undefined) return;
  const [found] = await probeTools(['ansible-playbook'], { signal });
  if (found?.status !== 'missing') return;
  throw new BakeError({
    code: 'ansible-missing',
    message: `layers/${layer.name} runs a playbook, and ansible-playbook cannot be run on this machine: ${found.problem}`,
    hint: `${installHint('ansible-playbook', await detectSystem())}\nOr have one that is elsewhere on PATH; bake doctor shows what was found.`,
    blame: 'user',
  });
}
