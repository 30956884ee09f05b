import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { loadConfig } from '../config/load.ts';
import { nearest } from '../config/nearest.ts';
import { usage } from '../model/errors.ts';
import { parseAccountId } from '../model/ids.ts';
import { type Asked, type RolePolicy, rolePolicies } from '../plan/iam/roles.ts';
import { PURPOSES } from '../plan/iam/row.ts';
import type { Pipeline } from '../plan/iam/trust.ts';
import { iamText } from '../report/iam.ts';
import { type CommandIo, type CommonOptions, configOption, print, printJson } from './io.ts';
import { selectImages } from './selection.ts';

export interface IamPolicyOptions extends CommonOptions {
  readonly for: string;
  readonly account?: string;
  readonly github?: string;
  readonly gitlab?: string;
  readonly branch: string;
  readonly format: 'text' | 'json';
  readonly out?: string;
}

/** `bake iam-policy`: what roles have to be allowed, from the configuration alone. */
export async function iamPolicy(names: readonly string[], options: IamPolicyOptions, io: CommandIo): Promise<number> {
  const asked = parseAsked(options.for);
  const account = parseAccount(options.account);
  const pipeline = pipelineOf(options, asked, account);
  const config = await loadConfig(configOption(options, io));
  const roles = rolePolicies({ config, images: selectImages(config, names), account, asked, pipeline });
  if (roles.length === 0)
    throw usage(nothingFor(asked), 'docs/aws.md says which roles there are, and what they are for.');
  if (options.out !== undefined) await writeFiles(resolve(io.cwd, options.out), roles);
  if (options.json || options.format === 'json') printJson(io, { version: 1, for: asked, roles });
  else
    print(io, options.out === undefined ? iamText(roles) : roles.map((role) => fileNames(role).join('\n')).join('\n'));
  return 0;
}

const ALL_ASKED: readonly Asked[] = [...PURPOSES, 'ci'];

function parseAsked(text: string): readonly Asked[] {
  return text.split(',').map((word) => {
    const found = ALL_ASKED.find((known) => known === word.trim());
    if (found !== undefined) return found;
    const near = nearest(word, ALL_ASKED);
    const hint = `Policies are for ${ALL_ASKED.join(', ')}.`;
    throw usage(
      `--for ${JSON.stringify(word)} is not known`,
      near === undefined ? hint : `Did you mean ${near}? ${hint}`,
    );
  });
}

function parseAccount(text: string | undefined) {
  if (text === undefined) return undefined;
  const account = parseAccountId(text);
  if (account === undefined)
    throw usage(`--account ${JSON.stringify(text)} is not an account`, 'An account has twelve digits.');
  return account;
}

/** What the forms of tokens allow, so that no `*` lets others in. */
const REPOSITORY = /^[\w.-]+(?:\/[\w.-]+)+$/;
const BRANCH = /^[\w./-]+$/;

function pipelineOf(
  { github, gitlab, branch }: IamPolicyOptions,
  asked: readonly Asked[],
  account: string | undefined,
): Pipeline | undefined {
  const repository = github ?? gitlab;
  if (repository === undefined) return undefined;
  const option = github === undefined ? '--gitlab' : '--github';
  if (github !== undefined && gitlab !== undefined)
    throw usage('--github and --gitlab are two pipelines', 'Name one of them.');
  if (!asked.includes('ci'))
    throw usage(`${option} goes with --for ci`, 'Only the role of a pipeline trusts a repository.');
  if (account === undefined)
    throw usage(`${option} needs --account`, 'The provider of tokens is one of an account: --account 111122223333.');
  if (!REPOSITORY.test(repository))
    throw usage(
      `${option} ${JSON.stringify(repository)} is not a repository`,
      `Write it as ${github === undefined ? 'group/project' : 'owner/name'}.`,
    );
  if (!BRANCH.test(branch))
    throw usage(`--branch ${JSON.stringify(branch)} is not a branch`, 'Letters, digits and . _ / - are.');
  return { host: github === undefined ? 'gitlab' : 'github', repository, branch };
}

function nothingFor(asked: readonly Asked[]): string {
  return asked.includes('instance')
    ? 'no image has an instance profile that needs anything: neither region config nor Session Manager'
    : `nothing in the configuration needs a role for ${asked.join(', ')}`;
}

const fileNames = ({ name, account, trust }: RolePolicy): readonly string[] => {
  const base = account === 'own' ? name : `${name}.${account}`;
  return [`${base}.policy.json`, ...(trust === undefined ? [] : [`${base}.trust.json`])];
};

async function writeFiles(folder: string, roles: readonly RolePolicy[]): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const role of roles) {
    const documents = [role.policy, role.trust];
    for (const [index, file] of fileNames(role).entries())
      await writeFile(join(folder, file), `${JSON.stringify(documents[index], null, 2)}\n`);
  }
}
