import type { Json } from './image.ts';

/** What scripts find of a variable: JSON for what is not a scalar. */
export const variableText = (value: Json): string =>
  value !== null && typeof value === 'object' ? JSON.stringify(value) : String(value ?? '');

/** As it is called in the environment of scripts. */
export const environmentName = (name: string): string => `BAKE_VAR_${name}`;
