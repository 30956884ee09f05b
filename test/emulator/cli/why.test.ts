import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { resultOf } from '../../helpers/cli.ts';
import { CliSandbox } from '../../helpers/cli-sandbox.ts';
import { type Project, twoImages } from '../../helpers/project.ts';

let sandbox: CliSandbox;
beforeAll(async () => {
  sandbox = await CliSandbox.up('--no-machines');
});
afterAll(() => sandbox.down());
beforeEach(() => sandbox.reset());

const DAILY = {
  ...twoImages,
  images: { ...twoImages.images, base: { source: 'debian:12', layers: ['os'], refresh: 'daily' } },
};

/** The clock of a command that starts at noon of a day in November. */
const on = (day: number) => {
  const clock = `const now = Date.now; const start = now(); globalThis.Date = class extends Date {
    constructor(...given) { if (given.length > 0) super(...given); else super(Date.now()); }
    static now() { return ${Date.UTC(2026, 10, day, 12)} + now() - start; }
  };`;
  return { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(clock)}` };
};

async function bake(project: Project, env: Readonly<Record<string, string>> = {}) {
  const { stdout } = await project.bake(['service', 'api', '--with-parents', '--sandbox', '--json'], env);
  const result = resultOf(stdout);
  if (!result.ok) throw new Error(stdout);
  return Object.fromEntries(
    Object.entries(result.outcomes).map(([id, { status, version }]) => [id, { status, version }]),
  );
}

const said = async (project: Project, args: readonly string[], env: Readonly<Record<string, string>> = {}) => {
  const { code, stdout, stderr } = await project.bake([...args, '--sandbox'], env);
  if (code !== 0) throw new Error(stdout + stderr);
  return stdout;
};

const why = async (project: Project, reference: string, env: Readonly<Record<string, string>> = {}) =>
  JSON.parse(await said(project, ['why', reference, '--json'], env)).images[0];

/** Every record that this machine has. */
async function records(): Promise<readonly string[]> {
  const dir = join(sandbox.status.stateDir, 'records');
  const files = await readdir(dir, { recursive: true });
  return files.filter((file) => file.endsWith('.json')).map((file) => join(dir, file));
}

it('bakes a daily base on the next day and not on the same, and what stands on it follows once', async () => {
  await using project = await sandbox.project(DAILY);
  const first = await bake(project, on(20));
  expect(await bake(project, on(20))).toEqual({
    'base/x86_64': { ...first['base/x86_64'], status: 'reused' },
    'api/x86_64': { ...first['api/x86_64'], status: 'reused' },
  });
  const refreshed = { input: 'refresh', change: 'changed', from: '2026-11-20', to: '2026-11-21' };
  expect(await why(project, 'api', on(21))).toMatchObject({
    verdict: { kind: 'to-be-baked', reason: { why: 'parent-changed', parent: 'base' } },
    chain: [{ id: 'api/x86_64' }, { id: 'base/x86_64', changes: [refreshed] }],
  });

  const second = await bake(project, on(21));
  expect(second).toMatchObject({ 'base/x86_64': { status: 'done' }, 'api/x86_64': { status: 'done' } });
  const third = await bake(project, on(21));
  expect(third).toMatchObject({ 'base/x86_64': { status: 'reused' }, 'api/x86_64': { status: 'reused' } });
  expect(await why(project, `base@${second['base/x86_64']?.version}`)).toMatchObject({
    verdict: { kind: 'baked' },
    chain: [{ changes: [refreshed] }],
  });
});

describe('of two versions', () => {
  async function baked(): Promise<{ project: Project; versions: readonly string[] }> {
    const project = await sandbox.project();
    const first = await bake(project);
    await project.write('layers/os/files/etc/motd', 'Welcome\n');
    const second = await bake(project);
    return { project, versions: [first, second].map((run) => run['api/x86_64']?.version ?? '') };
  }

  it('names the file of the base, from records', async () => {
    const { project, versions } = await baked();
    await using _ = project;
    const [from, to] = versions;
    expect(await said(project, ['why', 'api'])).toMatch(
      new RegExp(
        [
          `^api/x86_64 {2}up to date: ${to} \\(ami-\\w+\\), \\S+Z \\(just now\\)`,
          ` {2}${to} was baked because:`,
          ` {2}api ${from} \\(ami-\\w+, just now\\) → ${to} \\(ami-\\w+, just now\\)`,
          ` {4}changed parent: base ${from} → base ${to}`,
          ` {2}base ${from} .* → ${to} .*`,
          ` {4}changed layer/os/files/etc/motd\n$`,
        ].join('\n'),
      ),
    );
    const diff = JSON.parse(await said(project, ['diff', 'api', from ?? '', to ?? '', '--json']));
    expect(diff).toMatchObject({
      version: 1,
      images: [{ id: 'api/x86_64', packages: null, guarded: null, withoutRecord: [] }],
    });
    expect(diff.images[0].chain.at(-1).changes).toEqual([{ input: 'layer/os/files/etc/motd', change: 'changed' }]);
  });

  it('names the group, from tags, where there are no records', async () => {
    const { project, versions } = await baked();
    await using _ = project;
    for (const file of await records()) await rm(file);
    const { chain } = await why(project, 'api');
    expect(chain.at(-1)).toMatchObject({ detail: 'groups', changes: [{ input: 'layer/os', change: 'changed' }] });
    const text = await said(project, ['diff', 'base', ...versions]);
    expect(text).toContain(`without a record: base ${versions[0]}, base ${versions[1]}`);
  });

  it('compares what machines have recorded', async () => {
    const { project, versions } = await baked();
    await using _ = project;
    for (const file of await records()) {
      const record = JSON.parse(await readFile(file, 'utf8'));
      const packages = record.imageVersion === versions[0] ? { openssl: '3.0.15-1' } : { openssl: '3.0.17-1' };
      const kept = {
        row: 'hosts',
        layer: 'os',
        paths: ['/etc/hosts'],
        override: { manage_etc_hosts: false },
        file: null,
      };
      const found = record.imageVersion === versions[0] || record.image === 'api' ? [] : [kept];
      await writeFile(file, JSON.stringify({ ...record, machine: { packages }, protected: found, unprotected: [] }));
    }
    const text = await said(project, ['diff', 'api', ...versions]);
    expect(text).toMatch(/packages: 1 upgraded\n {4}upgraded {2}openssl {2}3\.0\.15-1 → 3\.0\.17-1\n/);
    expect(text).toContain('added hosts (os: /etc/hosts): kept by {"manage_etc_hosts":false}');
  });
});

it('says what it has not', async () => {
  await using project = await sandbox.project();
  const refused = async (...args: string[]) => {
    const { code, stderr } = await project.bake([...args, '--sandbox']);
    return `${code} ${stderr}`;
  };
  expect(await said(project, ['why', 'api'])).toBe('api/x86_64  would be baked: never baked\n');
  expect(await refused('why', 'apii')).toMatch(
    /^2 Error: there is no image "apii" in the configuration\n.*Did you mean api\?/,
  );
  expect(await refused('why', 'api@7')).toMatch(/^2 Error: api has no version 7|^2 Error: there is no image "api" yet/);
  expect(await refused('why', 'api@')).toMatch(/^2 Error: "api@" names no version/);
  expect(await refused('diff', 'api', '1', '2')).toMatch(/^2 Error: /);
  expect(await refused('diff', 'apii', '1', '2')).toMatch(/Did you mean api\?/);
});
