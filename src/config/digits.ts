/**
 * Whether a number is written with the digits that it has as a value: `1.10` would arrive as 1.1 and 0123 as 123. What
 * has an exponent or is hexadecimal is meant as a number.
 */
export const keepsDigits = (written: string, value: number): boolean =>
  !/^[-+]?\d+(?:\.\d*)?$/.test(written) || written === String(value);
