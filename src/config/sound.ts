/** For what the schema and the rules have made sure of. */
export function sound<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('a value passed the checks that normalising cannot read');
  return value;
}
