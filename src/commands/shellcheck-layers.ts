import type { LayerText } from '../contract/lineage.ts';
import { mapBounded } from '../model/bounded.ts';
import type { Finding } from '../model/finding.ts';
import type { LayerName } from '../model/ids.ts';
import { shellcheck } from '../setup/shellcheck.ts';

const AT_ONCE = 4;
/** The shells that shellcheck knows. */
const SHELL = /^#!\s*\S*(?:\/|\/env\s+)(?:ba|da|k)?sh\b/;

interface Script {
  readonly layer: LayerName;
  readonly file: string;
  readonly text: string;
}

/** What shellcheck says about the shell scripts of layers, those in `files/` too; undefined: it is not installed. */
export async function shellcheckLayers(
  layers: readonly LayerText[],
  signal: AbortSignal,
): Promise<readonly Finding[] | undefined> {
  const scripts = layers.flatMap(({ layer, texts }) =>
    [...texts].flatMap(([file, text]): Script[] => (SHELL.test(text) ? [{ layer: layer.name, file, text }] : [])),
  );
  const answers = await mapBounded(scripts, AT_ONCE, async (script) => {
    const comments = await shellcheck(script.text, signal);
    return comments?.map(({ line, code, message }): Finding => {
      const fix = `change it, or write # shellcheck disable=${code} with the reason above it`;
      const where = { layer: script.layer, file: script.file, line };
      return { rule: 'shellcheck', severity: 'warning', ...where, message: `${code}: ${message}`, fix };
    });
  });
  if (answers.includes(undefined)) return undefined;
  return answers.flatMap((answer) => answer ?? []);
}
