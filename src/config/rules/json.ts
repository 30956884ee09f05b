import { type Path, type Report, show } from '../problems.ts';

/** Reports whatever in a value JSON cannot say. */
export function reportNoJson(path: Path, value: unknown, report: Report, within: readonly unknown[] = []): void {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return;
  if (typeof value === 'number' && Number.isFinite(value)) {
    if (isRounded(value)) report(path, `${show(value)} has more digits than a number keeps; write it in quotes`);
    return;
  }
  if (value === undefined) report(path, 'is undefined; a variable has a value (null is one)');
  else if (typeof value !== 'object' || !isPlain(value)) report(path, `${describe(value)} is not JSON`);
  else if (within.includes(value)) report(path, 'contains itself, which JSON cannot say');
  else {
    const members = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
    for (const [key, member] of members) reportNoJson([...path, key], member, report, [...within, value]);
  }
}

export function isJson(value: unknown): boolean {
  let problems = 0;
  reportNoJson([], value, () => {
    problems += 1;
  });
  return problems === 0;
}

/** Of such a number nobody can tell which one was written. */
const isRounded = (value: number): boolean => Number.isInteger(value) && !Number.isSafeInteger(value);

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return Array.isArray(value) || prototype === null || Object.getPrototypeOf(prototype) === null;
}

function describe(value: unknown): string {
  return typeof value === 'object' && value !== null ? `a ${value.constructor.name}` : show(value);
}
