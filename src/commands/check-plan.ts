import { BakeError } from '../model/errors.ts';
import type { Finding } from '../model/finding.ts';
import type { Config } from '../model/image.ts';
import type { BakePlan, PlanWarning } from '../model/plan.ts';
import { withFindings } from '../plan/protection.ts';
import { findingLine } from '../report/findings.ts';
import { acceptedFindings, fileFromRoot, lintImages, once } from './lint-images.ts';

export interface CheckedPlan {
  /** With what each bake will protect. */
  readonly plan: BakePlan;
  /** What is wrong in the layers of the images to be baked, with files as they are found from the project's folder. */
  readonly errors: readonly Finding[];
  readonly warnings: readonly Finding[];
}

/** Checks the layers of what the plan bakes; what is reused has been baked already. */
export async function checkPlan(config: Config, plan: BakePlan): Promise<CheckedPlan> {
  const names = new Set(plan.steps.flatMap((step) => (step.action === 'bake' ? [step.image] : [])));
  const linted = await lintImages(
    config,
    [...names].flatMap((name) => config.images.get(name) ?? []),
  );
  const { findings } = acceptedFindings(linted);
  const counting = new Set(findings);
  const byImage = new Map(linted.map(({ image, findings }) => [image, findings.filter((one) => counting.has(one))]));
  const placed = (severity: Finding['severity']) =>
    once(findings)
      .filter((finding) => finding.severity === severity)
      .map((finding) => ({ ...finding, file: fileFromRoot(config, finding) }));
  return { plan: withFindings(plan, byImage), errors: placed('error'), warnings: placed('warning') };
}

/** Before anything is launched. */
export function checkFailed(errors: readonly Finding[]): BakeError {
  const layers = [...new Set(errors.map(({ layer }) => layer))].join(', ');
  return new BakeError({
    code: 'check-failed',
    message: `layers bake what a first boot undoes, what harms clones, or what one region alone has: ${layers}`,
    hint: 'Change what each line says, or accept it with a reason in layer.yaml (`accept`). bake check shows them all.',
    details: errors.map(findingLine),
    blame: 'user',
  });
}

export const checkWarning = ({ file, line, message, fix, rule }: Finding): PlanWarning => ({
  code: 'check',
  message: `${file}:${line} ${rule}: ${message}`,
  hint: fix,
});
