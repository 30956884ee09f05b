import type { Finding } from '../model/finding.ts';
import type { ImageName } from '../model/ids.ts';
import type { BakePlan, PlanWarning } from '../model/plan.ts';

/** The plan with what each bake will protect, and a warning where the check would stop it. */
export function withFindings(plan: BakePlan, findings: ReadonlyMap<ImageName, readonly Finding[]>): BakePlan {
  const of = (image: ImageName, severity: Finding['severity']) =>
    (findings.get(image) ?? []).filter((finding) => finding.severity === severity);
  const steps = plan.steps.map((step) => {
    const protects = step.action === 'bake' ? of(step.image, 'protected') : [];
    return protects.length === 0 ? step : { ...step, protects };
  });
  const images = [...new Set(plan.steps.flatMap((step) => (step.action === 'bake' ? [step.image] : [])))];
  const warnings = images.flatMap((image) => warningOf(image, of(image, 'error').length));
  return { ...plan, steps, warnings: [...plan.warnings, ...warnings] };
}

function warningOf(image: ImageName, errors: number): readonly PlanWarning[] {
  if (errors === 0) return [];
  const found = errors === 1 ? '1 error' : `${errors} errors`;
  return [
    {
      code: 'check-failed',
      message: `${image} will not be baked: the check of its layers finds ${found}`,
      hint: `bake check ${image}`,
    },
  ];
}
