import { unreachable } from '../model/events.ts';
import type { Finding } from '../model/finding.ts';
import type { BakePlan, InputChange, ParentRef, PlanStep, Reason } from '../model/plan.ts';

/** Changed inputs that are listed one by one. */
const LISTED = 12;

/** A plan as a person reads it: what, why, on top of what. No newline at the end. */
export function explainPlan(plan: BakePlan): string {
  const lines = plan.steps.flatMap(explainStep);
  const bakes = plan.steps.filter((step) => step.action === 'bake').length;
  const total = `${bakes} to bake, ${plan.steps.length - bakes} to reuse in ${plan.region}`;
  const warnings = plan.warnings.map(
    ({ message, hint }) => `warning: ${message}${hint === undefined ? '' : `\n  → ${hint}`}`,
  );
  return [...lines, '', total, ...warnings].join('\n');
}

function explainStep(step: PlanStep): string[] {
  if (step.action === 'reuse') return [`= ${step.id}  reuse ${step.version} (${step.imageId})`];
  const [reason, ...changes] = explainReason(step.reason);
  return [
    `+ ${step.id}  bake: ${reason}`,
    ...changes.map((line) => `    ${line}`),
    `    on top of ${explainParent(step.parent)}`,
    ...(step.protects ?? []).map((found) => `    protects ${explainProtected(found)}`),
  ];
}

/** The reason on the first line, what changed on the others. */
export function explainReason(reason: Reason): string[] {
  switch (reason.why) {
    case 'never-baked':
      return ['never baked'];
    case 'inputs-changed':
      return [`inputs-changed since ${reason.since}`, ...explainChanges(reason.changes)];
    case 'parent-changed':
      return [`parent-changed: ${reason.parent}${reason.from === undefined ? '' : ` (was ${reason.from})`}`];
    case 'image-missing':
      return [`image-missing: ${reason.version} was baked from the same inputs, but ${reason.detail}`];
    case 'refreshed':
      return [`refreshed: due for ${reason.epoch}`];
    case 'forced':
      return ['forced'];
    default:
      return unreachable(reason);
  }
}

/** `/etc/hosts (ssh: files/etc/hosts:1): …`; the reason is in the same words as `bake check` has. */
function explainProtected({ rule, path, layer, file, line, message, fix }: Finding): string {
  return `${path ?? rule} (${layer}: ${file}:${line}): ${fix}, since ${message}`;
}

function explainChanges(changes: readonly InputChange[]): string[] {
  const listed = changes.slice(0, LISTED).map(({ input, change }) => `${change} ${input}`);
  const rest = changes.length - listed.length;
  return rest === 0 ? listed : [...listed, `and ${rest} more`];
}

function explainParent(parent: ParentRef): string {
  switch (parent.kind) {
    case 'source':
      return `${parent.name} (${parent.imageId})`;
    case 'existing':
      return `${parent.image} ${parent.version} (${parent.imageId})`;
    case 'this-run':
      return `${parent.image}, baked first`;
    default:
      return unreachable(parent);
  }
}
