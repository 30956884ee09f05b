import { posix } from 'node:path';
import type { AnsibleStep, Image, Json, Layer } from '../model/image.ts';
import { SECRETS_DIR } from './provisioning.ts';

/** Where `ansible/` and `packer/` of a layer are, beside the template. */
export const provisionerRoot = (layer: Layer): string => `layers/${layer.name}`;

/** The extra variables of a step, beside the template. */
export const extraVarsName = (step: number): string => `ansible-${step}.yml`;

/** What Packer's provisioner is told. */
export interface AnsibleBlock {
  readonly playbook: string;
  readonly user: string;
  readonly groups: readonly string[];
  readonly galaxy: { readonly file: string; readonly roles: string; readonly collections: string } | undefined;
  readonly arguments: readonly string[];
  readonly env: readonly string[];
}

export interface AnsibleRequest {
  readonly number: number;
  readonly layer: Layer;
  readonly step: AnsibleStep;
  readonly user: string;
  /** See `Capabilities`. */
  readonly sha1: boolean;
}

const CONFIG = 'ansible/ansible.cfg';

/** Roles and collections are fetched to where Ansible looks first, beside the playbook, and stay in the folder of the bake. */
export function ansibleBlock({ number, layer, step, user, sha1 }: AnsibleRequest): AnsibleBlock {
  const root = provisionerRoot(layer);
  const folder = posix.dirname(step.playbook);
  const at = (path: string) => `${root}/${path}`;
  const list = (option: string, words: readonly string[]) =>
    words.length === 0 ? [] : [`${option}=${words.join(',')}`];
  const hasConfig = layer.provisionerFiles.some(({ source }) => source === CONFIG);
  return {
    playbook: at(step.playbook),
    user,
    groups: step.groups,
    galaxy:
      step.requirements === undefined
        ? undefined
        : { file: at(step.requirements), roles: at(`${folder}/roles`), collections: at(`${folder}/collections`) },
    arguments: [
      `--extra-vars=@${extraVarsName(number)}`,
      ...list('--tags', step.tags),
      ...list('--skip-tags', step.skipTags),
    ],
    env: [
      ...(hasConfig ? [`ANSIBLE_CONFIG=${at(CONFIG)}`] : []),
      'ANSIBLE_NOCOLOR=True',
      // Each connection costs, and Packer's proxy speaks neither sftp nor today's scp.
      'ANSIBLE_PIPELINING=True',
      'ANSIBLE_SSH_TRANSFER_METHOD=piped',
      // Emptied at the end of a bake, as a home folder is not. The runner makes it, for all users.
      'ANSIBLE_REMOTE_TMP=/tmp/bake-ansible',
      'ANSIBLE_ASYNC_DIR=/tmp/bake-ansible/async',
      'PYTHONUNBUFFERED=1',
      ...(sha1 ? ['ANSIBLE_SSH_COMMON_ARGS=-o HostKeyAlgorithms=+ssh-rsa -o PubkeyAcceptedKeyTypes=+ssh-rsa'] : []),
    ],
  };
}

/** What scripts find as `BAKE_VAR_…` and `BAKE_…`, under their own names and as `bake_…`; those of the step go before. */
export function extraVarsFile(
  { variables, secrets }: Pick<Image, 'variables' | 'secrets'>,
  builtins: Readonly<Record<string, string>>,
  extraVars: AnsibleStep['extraVars'],
): string {
  const ours = Object.entries(builtins).map(([name, value]) => [name.toLowerCase(), value] as const);
  const given = {
    ...variables,
    ...Object.fromEntries(ours),
    ...(secrets === undefined ? {} : { bake_secrets: SECRETS_DIR }),
  };
  const lines = [
    ...Object.entries(given).flatMap(([name, value]) =>
      Object.hasOwn(extraVars, name) ? [] : [line(name, value, '!unsafe ')],
    ),
    ...Object.entries(extraVars).map(([name, value]) => line(name, value, '')),
  ];
  return `---\n${lines.join('')}`;
}

const line = (name: string, value: Json, mark: string): string => `${quoted(name)}: ${yaml(value, mark)}\n`;

const EXPRESSION = /\{[{%#]/;

/** YAML 1.1 that Ansible reads back as it was; strings that it would evaluate have the mark. */
function yaml(value: Json, mark: string): string {
  if (typeof value === 'string') return `${EXPRESSION.test(value) ? mark : ''}${quoted(value)}`;
  if (typeof value === 'number') {
    const text = JSON.stringify(value);
    // It takes an exponent without a point for text.
    return text.includes('e') ? `!!float ${quoted(text)}` : text;
  }
  if (value === null || typeof value === 'boolean') return String(value);
  if (Array.isArray(value)) return `[${value.map((member) => yaml(member, mark)).join(', ')}]`;
  const members = Object.entries(value).map(([name, member]) => `${quoted(name)}: ${yaml(member, mark)}`);
  return `{${members.join(', ')}}`;
}

/** Its reader refuses some characters, and takes others for the end of a line. */
function quoted(text: string): string {
  const escaped = (letter: string) => {
    const code = letter.codePointAt(0) ?? 0;
    return code > 0xffff ? `\\U${code.toString(16).padStart(8, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
  };
  return JSON.stringify(text).replace(/[^\x20-\x7e]/gu, escaped);
}
