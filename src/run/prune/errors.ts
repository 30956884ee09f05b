import { BakeError, type ErrorSummary } from '../../model/errors.ts';

/** Who does not see everything may take away what is needed. */
export function notKnown(failed: readonly ErrorSummary[]): BakeError {
  const [first] = failed;
  return new BakeError({
    code: 'prune-not-known',
    message: `nothing is retired: ${failed.length === 1 ? 'a read' : `${failed.length} reads`} failed, so nobody can say what is needed`,
    details: [...new Set(failed.map(({ message, details = [] }) => [message, ...details].join(': ')))],
    hint: `${first?.hint ?? 'Run the same command again.'} Nothing was changed.`,
    blame: first?.blame ?? 'cloud',
  });
}
