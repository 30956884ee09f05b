/** Operator → key → values, as IAM writes it. */
export type Condition = Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;

export interface Statement {
  readonly Sid: string;
  readonly Effect: 'Allow';
  readonly Action: readonly string[];
  readonly Resource: readonly string[];
  readonly Condition?: Condition;
}

/** Every one of them has to hold. No two of them have a key of one operator in common. */
export function allOf(...conditions: readonly Condition[]): Condition {
  const all: Record<string, Readonly<Record<string, string | readonly string[]>>> = {};
  for (const [operator, keys] of conditions.flatMap((condition) => Object.entries(condition)))
    all[operator] = { ...all[operator], ...keys };
  return all;
}

/** IAM wants each name once. */
export function withOwnNames(statements: readonly Statement[]): readonly Statement[] {
  const times = new Map<string, number>();
  return statements.map((statement) => {
    const nth = (times.get(statement.Sid) ?? 0) + 1;
    times.set(statement.Sid, nth);
    return nth === 1 ? statement : { ...statement, Sid: `${statement.Sid}${nth}` };
  });
}

export const sortedSet = <T extends string>(words: readonly T[]): readonly T[] => [...new Set(words)].sort();
