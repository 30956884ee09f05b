/** A problem of one target of one channel. */
export interface TargetProblem {
  /** `111122223333/us-east-1`, and `(channel prod)` where that matters. */
  readonly target: string;
  readonly message: string;
}

/** One line for each problem, with the targets that have it: a value that is missing everywhere is one problem. */
export function problemLines(problems: readonly TargetProblem[], targets: number): readonly string[] {
  const byMessage = new Map<string, Set<string>>();
  for (const { target, message } of problems) {
    byMessage.set(message, (byMessage.get(message) ?? new Set()).add(target));
  }
  return [...byMessage].map(([message, where]) => {
    const everywhere = where.size === targets && targets > 1;
    return `${everywhere ? `all ${targets} targets` : [...where].join(', ')}: ${message}`;
  });
}
