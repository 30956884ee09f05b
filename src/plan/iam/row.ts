import { actionsOf, type Call } from './actions.ts';
import type { Scope } from './scope.ts';
import { type Condition, type Statement, sortedSet } from './statement.ts';

/** What somebody wants to be allowed; `bake iam-policy --for`. */
export const PURPOSES = ['build', 'try', 'promote', 'publish', 'setup', 'instance', 'prune', 'sweep'] as const;
export type Purpose = (typeof PURPOSES)[number];

/** Resources, and what must be true beside; no resource: nothing of the kind is configured. */
export interface Reach {
  readonly resources: readonly string[];
  readonly condition?: Condition;
}

/** One statement: calls, and what they may reach. */
export interface Row {
  /** Letters and digits, as IAM wants it. */
  readonly sid: string;
  readonly for: readonly Purpose[];
  /** That we or Packer make. */
  readonly calls: readonly Call[];
  /** Actions that other calls ask for, and that are no calls of ours here. */
  readonly also?: readonly string[];
  readonly reach: (scope: Scope) => Reach | readonly Reach[];
}

export function statementsOf({ sid, calls, also = [], reach }: Row, scope: Scope): readonly Statement[] {
  const Action = sortedSet([...calls.flatMap(actionsOf), ...also]);
  return [reach(scope)].flat().flatMap(({ resources, condition = {} }) => {
    if (resources.length === 0) return [];
    const Resource = sortedSet(resources);
    const limited = Object.keys(condition).length === 0 ? {} : { Condition: condition };
    return [{ Sid: sid, Effect: 'Allow', Action, Resource, ...limited }];
  });
}
