import { basename } from 'node:path';
import { usage } from '../model/errors.ts';
import { NAME_RULE, type ProjectName, parseProjectName, parseRegion, type Region } from '../model/ids.ts';
import { SOURCE_ALIASES } from '../model/source-aliases.ts';
import { nearest } from './nearest.ts';
import { choices } from './problems.ts';

/** What a new project has to be told. */
export interface Starter {
  readonly project: ProjectName;
  readonly region: Region;
  /** An alias of a source AMI. */
  readonly source: string;
}

/** What it has to be told, as words of the command line or of a prompt. Each throws `usage`. */
export const STARTER_PARSERS = {
  project(text: string): ProjectName {
    const project = parseProjectName(text);
    if (project === undefined) throw usage(`${JSON.stringify(text)} is not a project name`, `A name is ${NAME_RULE}.`);
    return project;
  },
  region(text: string): Region {
    const region = parseRegion(text);
    if (region === undefined) throw usage(`${JSON.stringify(text)} is not a region such as eu-west-1`);
    return region;
  },
  source(text: string): string {
    if (SOURCE_ALIASES.has(text)) return text;
    const known = [...SOURCE_ALIASES.keys()];
    const near = nearest(text, known);
    const meant = near === undefined ? '' : `Did you mean ${near}? `;
    throw usage(`${JSON.stringify(text)} is not a source alias`, `${meant}Aliases are ${choices(known)}.`);
  },
} as const;

/** What is taken where nothing is said. */
export function suggestedStarter(folder: string, env: Readonly<Record<string, string | undefined>>): Starter {
  const region = [env.AWS_REGION, env.AWS_DEFAULT_REGION, 'us-east-1'].flatMap((text) => parseRegion(text ?? '') ?? []);
  return {
    project: STARTER_PARSERS.project(nameFrom(basename(folder))),
    region: region[0] ?? STARTER_PARSERS.region('us-east-1'),
    source: 'debian:12',
  };
}

/** The folder's name as far as it can be one of a project. */
function nameFrom(folder: string): string {
  const words = folder
    .normalize('NFKD')
    .replace(/\p{Mark}/gu, '')
    .toLowerCase()
    .split(/[^a-z0-9]+/);
  const name = words
    .filter((word) => word !== '')
    .join('-')
    .replace(/^[^a-z]+/, '')
    .slice(0, 32)
    .replace(/-$/, '');
  return name === '' ? 'project' : name;
}
