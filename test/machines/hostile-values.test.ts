import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { extract, type Header } from 'tar-stream';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { formatPath, type Path, show } from '../../src/config/problems.ts';
import { sha256 } from '../helpers/builders.ts';
import { resultOf } from '../helpers/cli.ts';
import { Launcher } from '../helpers/cli-machines.ts';
import { CliSandbox } from '../helpers/cli-sandbox.ts';
import {
  hostileFileNames,
  hostileJson,
  hostilePaths,
  hostileTexts,
  Ledger,
  SEED,
  type Slot,
  slotsOf,
} from '../helpers/hostile.ts';
import type { Project } from '../helpers/project.ts';
import { tell } from '../helpers/sampled.ts';

// One bake by real Packer: what scripts were given, what was laid and what templates print is read back from a machine that
// is launched from the AMI.
const IMAGE: Path = ['images', 'values'];
const VARIABLES = [...IMAGE, 'variables'];
const ARTIFACTS = [...IMAGE, 'artifacts'];

const slots: readonly Slot[] = [
  ...slotsOf(VARIABLES, 'v', hostileTexts(240, 31)),
  ...slotsOf(VARIABLES, 'j', hostileJson(40, 32), (_, json) => ({ written: JSON.parse(json) })),
  ...slotsOf(ARTIFACTS, 'd', hostilePaths(70, 33), (name, destination) => ({
    path: [...ARTIFACTS, name, 'destination'],
    at: [...ARTIFACTS, name],
    written: { path: `dist/${name}`, destination, owner: 'daemon', mode: '0640' },
  })),
];

/** `.hbs` is taken off a name. */
const names = hostileFileNames(250, 34).filter((name) => !/\uFFFD|\.hbs$/u.test(name));
const NAMES = names.filter((name) => !/\p{Cc}/u.test(name));
const REFUSED_NAMES = names.filter((name) => /\p{Cc}/u.test(name));
const TARGETS = hostileTexts(40, 35).filter(
  (text) => text !== '' && !/[\0\p{Surrogate}\uFFFD]/u.test(text) && Buffer.byteLength(text) < 4000,
);
const SCRIPTS = hostileFileNames(40, 36).filter((name) => !/\p{Cc}|\uFFFD|\.hbs$/u.test(name) && name !== 'reboot');
/** Each has something in it that is nowhere else, or it would be found in the image. */
const SECRETS = hostileTexts(20, 37)
  .filter((text) => !/[\0\p{Surrogate}]/u.test(text))
  .map((text, index) => `${text}${sha256(`${SEED} ${index}`)}${text}`);

let sandbox: CliSandbox;
let project: Project;
const ledger = new Ledger(slots);

beforeAll(async () => {
  sandbox = await CliSandbox.up();
  project = await sandbox.project();
  project.patience = 1_800_000;
});
afterAll(async () => {
  await project?.[Symbol.asyncDispose]();
  await sandbox?.down();
});

const inLayer = (...path: readonly string[]) => join(project.dir, 'layers/values', ...path);
const contentOf = (name: string) =>
  Buffer.concat([Buffer.from(`${name}\0\r\n{{x}} \${y} `), Buffer.from([0xff, 0x81])]);
const check = () => project.bake(['config', '--json']);

function writeConfig(): Promise<void> {
  const secrets = Object.fromEntries(SECRETS.map((_, index) => [`s${index}`, { env: `HOSTILE_${index}` }]));
  return project.configure(ledger.fill({ images: { values: { source: 'debian:12', layers: ['values'], secrets } } }));
}

async function writeLayer(): Promise<void> {
  for (const folder of ['files/opt/names', 'files/opt/owned', 'files/opt/links', 'files/opt/printed', 'scripts']) {
    await mkdir(inLayer(folder), { recursive: true });
  }
  for (const name of NAMES) await writeFile(inLayer('files/opt/names', name), contentOf(name));
  for (const name of NAMES) await writeFile(inLayer('files/opt/owned', name), name);
  for (const [index, target] of TARGETS.entries()) await symlink(target, inLayer('files/opt/links', `${index}`));
  const owned = { path: '/opt/owned/**', owner: 'daemon', group: 'adm', mode: '0640' };
  await writeFile(inLayer('layer.yaml'), JSON.stringify({ files: [owned] }));
  const mine = `#!/bin/sh\nset -eu\nmkdir -p /var/lib/hostile\nprintf '%s\\0' "\${0#./scripts/}" >>/var/lib/hostile/scripts\n`;
  for (const name of SCRIPTS) await writeFile(inLayer('scripts', name), mine, { mode: 0o755 });
}

/** Once it is known which values there are. */
async function writeReaders(variables: readonly string[]): Promise<void> {
  const values = variables.map((name) => `printf '%s\\0' "$BAKE_VAR_${name}"`);
  const secrets = SECRETS.map((_, index) => `sha256sum <"$BAKE_SECRETS/s${index}"`);
  const script = ['#!/bin/sh', 'set -eu', 'mkdir -p /var/lib/hostile', 'exec >/var/lib/hostile/values', ...values];
  await writeFile(
    inLayer('scripts/read.sh'),
    [...script, 'exec >/var/lib/hostile/secrets', ...secrets, ''].join('\n'),
    {
      mode: 0o755,
    },
  );
  for (const name of textsOf(variables))
    await writeFile(inLayer('files/opt/printed', `${name}.hbs`), `<{{${name}}}>\n`);
  for (const { path, value } of ledger.sound) {
    if (path.at(-1) === 'destination') await project.write(`dist/${String(path[3])}`, value);
  }
}

const textsOf = (variables: readonly string[]) => variables.filter((name) => name.startsWith('v'));

/** Of a layer: control characters would end a line of its lists. */
async function refuseNames(): Promise<void> {
  for (const name of REFUSED_NAMES) await writeFile(inLayer('files/opt/names', name), '');
  const { code, stdout } = await check();
  expect(code).toBe(2);
  const { details } = JSON.parse(stdout).error;
  for (const name of REFUSED_NAMES) {
    expect(details).toContain(`layers/values: ${show(`files/opt/names/${name}`)} has a control character in its name`);
    await rm(inLayer('files/opt/names', name));
  }
}

type Member = Header & { readonly content: Buffer };

async function readBack(imageId: string): Promise<ReadonlyMap<string, Member>> {
  const launcher = await Launcher.create(sandbox.ec2());
  try {
    await using machine = await launcher.launch(imageId);
    const text = await machine.run('sudo tar -C / --format=pax -cf - opt srv var/lib/hostile | base64 -w 0');
    const members = new Map<string, Member>();
    for await (const entry of Readable.from([Buffer.from(text, 'base64')]).pipe(extract())) {
      members.set(`/${entry.header.name}`, { ...entry.header, content: await buffer(entry) });
    }
    return members;
  } finally {
    await launcher[Symbol.asyncDispose]();
  }
}

it('every value arrives on the machine as it was written, or is refused by name with the reason', async () => {
  await writeLayer();
  await ledger.refuseUntilTaken(writeConfig, check);
  await refuseNames();
  const variables = ledger.sound.flatMap(({ path }) => (path[2] === 'variables' ? [String(path[3])] : []));
  await writeReaders(variables);

  const env = Object.fromEntries(SECRETS.map((text, index) => [`HOSTILE_${index}`, text]));
  const { code, stdout, stderr } = await project.bake(['base', '--sandbox', '--json'], env);
  const result = resultOf(stdout);
  expect({
    seed: SEED,
    code,
    stderr: code === 0 ? '' : stderr,
    error: result.outcomes['values/x86_64']?.error,
  }).toEqual({
    seed: SEED,
    code: 0,
    stderr: '',
    error: undefined,
  });
  const members = await readBack(result.outcomes['values/x86_64']?.imageId ?? '');
  const listOf = (path: string) => members.get(path)?.content.toString('utf8').split('\0') ?? [];

  const values = listOf('/var/lib/hostile/values');
  const found = new Map(variables.map((name, index) => [formatPath([...VARIABLES, name]), values[index] ?? '']));
  for (const { path, value } of ledger.sound) {
    const laid = members.get(value);
    const { uname, mode, content } = laid ?? {};
    const isRight = uname === 'daemon' && mode === 0o640 && content?.toString('utf8') === value;
    if (path.at(-1) === 'destination' && isRight) found.set(formatPath(path), value);
  }
  const settled = ledger.settle(found);
  for (const name of textsOf(variables)) {
    const printed = members.get(`/opt/printed/${name}`)?.content.toString('utf8');
    expect(printed).toBe(`<${found.get(formatPath([...VARIABLES, name]))}>\n`);
  }

  const below = (folder: string) =>
    [...members].flatMap(([path, member]) => (path.startsWith(folder) && path !== folder ? [{ path, ...member }] : []));
  const sorted = (texts: readonly string[]) => texts.toSorted();
  expect(sorted(below('/opt/names/').map(({ path }) => path))).toEqual(
    sorted(NAMES.map((name) => `/opt/names/${name}`)),
  );
  for (const name of NAMES) expect(members.get(`/opt/names/${name}`)?.content).toEqual(contentOf(name));
  const owners = below('/opt/owned/').map(
    ({ path, uname, gname, mode }) => `${uname} ${gname} ${mode?.toString(8)} ${path}`,
  );
  expect(sorted(owners)).toEqual(sorted(NAMES.map((name) => `daemon adm 640 /opt/owned/${name}`)));
  expect(TARGETS.map((_, index) => members.get(`/opt/links/${index}`)?.linkname)).toEqual(TARGETS);
  expect(listOf('/var/lib/hostile/scripts').slice(0, -1)).toEqual(sorted(SCRIPTS));
  const digests = members
    .get('/var/lib/hostile/secrets')
    ?.content.toString()
    .match(/[0-9a-f]{64}/g);
  expect(digests).toEqual(SECRETS.map((text) => sha256(text)));

  const laid = NAMES.length + TARGETS.length + SCRIPTS.length + SECRETS.length;
  const given = settled.given + laid + REFUSED_NAMES.length;
  const refused = settled.refused + REFUSED_NAMES.length;
  tell(`${given} hostile values: ${settled.arrived + laid} on the machine, ${refused} refused; BAKE_TEST_SEED=${SEED}`);
  expect(settled.arrived + laid).toBeGreaterThanOrEqual(400);
  expect(given).toBeGreaterThanOrEqual(500);
});
