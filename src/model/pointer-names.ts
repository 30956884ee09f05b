import type { AccountId, Architecture, ChannelName, ImageName, ProjectName, Region } from './ids.ts';

/** What the patterns of pointers stand for. */
export interface PointerPlace {
  readonly project: ProjectName | string;
  readonly image: ImageName | string;
  readonly channel: ChannelName | string;
  readonly arch: Architecture;
  /** Absent in paths of files: a file holds all targets. */
  readonly region?: Region | string;
  readonly account?: AccountId | string;
}

export const FILE_PLACEHOLDERS = ['project', 'image', 'channel', 'arch'] as const;
export const POINTER_PLACEHOLDERS = [...FILE_PLACEHOLDERS, 'region', 'account'] as const;

/** `/acme/{channel}/{image}` → `/acme/prod/api`. What the place does not say stays as it is. */
export function fillPointer(pattern: string, place: PointerPlace): string {
  return POINTER_PLACEHOLDERS.reduce((text, name) => text.replaceAll(`{${name}}`, place[name] ?? `{${name}}`), pattern);
}

/** SSM allows 15 levels, and reserves names that begin with `aws` or `ssm`, in any case, with a slash before or not. */
const PARAMETER = /^(?!\/?(?:aws|ssm))(?:[\w.-]{1,1011}|(?=.{1,1011}$)(?:\/[\w.-]+){1,15})$/i;
export const PARAMETER_RULE =
  'the name of an SSM parameter: letters, digits and . _ -, in up to 15 levels that each begin with /, not beginning with aws or ssm';
export const isParameterName = (text: string): boolean => PARAMETER.test(text);

export const TEMPLATE_RULE = 'the name of a launch template: 3 to 128 letters, digits and ( ) . / _ -';
export const isTemplateName = (text: string): boolean => /^[\w()./-]{3,128}$/.test(text);
