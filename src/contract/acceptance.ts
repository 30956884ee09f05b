import type { Finding } from '../model/finding.ts';
import type { Acceptance, Layer } from '../model/image.ts';
import { NEUTRAL_RULES } from './neutral/row.ts';
import { matchesPath } from './touch.ts';

/** A finding that its layer accepts, and why. */
export interface AcceptedFinding {
  readonly finding: Finding;
  readonly reason: string;
}

export interface Sorted {
  /** Less those accepted, plus one for each acceptance that fits nothing. */
  readonly findings: readonly Finding[];
  readonly accepted: readonly AcceptedFinding[];
}

/**
 * Takes out the errors and warnings that `accept` in the layers' `layer.yaml` lets stand. `layers` are those that were
 * looked at: an acceptance in one of them that fits no finding is itself one, as what it was written for is gone. Rules of
 * `unchecked` were not looked for, and what a script writes may be seen on the builder only.
 */
export function sortAccepted(
  findings: readonly Finding[],
  layers: Iterable<Layer>,
  unchecked: readonly string[] = [],
): Sorted {
  const left = new Set(findings);
  const accepted: AcceptedFinding[] = [];
  const idle: Finding[] = [];
  for (const layer of layers) {
    for (const acceptance of layer.accept) {
      const fitting = findings.filter((finding) => fits(acceptance, layer, finding));
      const isOpen = unchecked.includes(acceptance.rule) || isForBuilder(acceptance, layer);
      if (fitting.length === 0 && !isOpen) idle.push(unused(acceptance, layer));
      for (const finding of fitting) {
        if (left.delete(finding)) accepted.push({ finding, reason: acceptance.reason });
      }
    }
  }
  return { findings: [...left, ...idle], accepted };
}

function fits({ rule, path }: Acceptance, layer: Layer, finding: Finding): boolean {
  if (finding.layer !== layer.name || finding.rule !== rule || finding.severity === 'protected') return false;
  return path === undefined || [finding.path, finding.file].some((at) => at !== undefined && matchesPath(at, [path]));
}

const isForBuilder = ({ rule }: Acceptance, { steps }: Layer): boolean =>
  NEUTRAL_RULES.some((neutral) => neutral === rule) && steps.some(({ kind }) => kind !== 'reboot');

function unused({ rule, path, line }: Acceptance, layer: Layer): Finding {
  const where = path === undefined ? '' : ` at ${path}`;
  return {
    rule: 'accept-unused',
    severity: 'warning',
    layer: layer.name,
    file: 'layer.yaml',
    line,
    message: `there is no finding of rule ${rule}${where} in this layer, so the acceptance hides the next one unseen`,
    fix: 'remove it',
  };
}
