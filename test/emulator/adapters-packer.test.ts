import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { DescribeImagesCommand, DescribeInstancesCommand, type EC2Client } from '@aws-sdk/client-ec2';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createBuilders } from '../../src/aws/builders.ts';
import { capabilitiesOf } from '../../src/packer/capabilities.ts';
import { createPacker } from '../../src/packer/packer.ts';
import { capabilitiesOfFound } from '../../src/packer/preflight.ts';
import { sentArtifact } from '../../src/render/artifacts.ts';
import { alignAttributes, hclString } from '../../src/render/hcl.ts';
import type { Packer, PackerMessage, PackerRequest } from '../../src/run/effects.ts';
import { renderTemplateOf, writeRenderedFolder } from '../../src/run/rendered-folder.ts';
import { loadTemplates } from '../../src/run/templates.ts';
import { ensureTool } from '../../src/setup/ensure-tools.ts';
import { REGION } from '../helpers/builders.ts';
import { NASTY_STRINGS } from '../helpers/hcl-unescape.ts';
import { onDisk, temporaryFolder } from '../helpers/layers-on-disk.ts';
import { PACKER_HCL_CASES } from '../helpers/packer-hcl-cases.ts';
import { fakePackerPath, packerRequest } from '../helpers/packer-request.ts';
import { SandboxServer } from '../helpers/sandbox-server.ts';
import { LAYERS, renderRequestOf, TEMPLATE_CASES } from '../helpers/template-cases.ts';

const run = promisify(execFile);
const templates = await loadTemplates(undefined);
const env = { ...process.env, CHECKPOINT_DISABLE: '1' };

/** Runs Packer and gives what it prints; an error has it in its message. */
async function packer(args: readonly string[], cwd: string, input?: string): Promise<string> {
  const running = run('packer', args, { cwd, env });
  if (input !== undefined) running.child.stdin?.end(input);
  return (await running.catch((error) => Promise.reject(new Error(`${error.stdout}${error.stderr}`)))).stdout;
}

test('the Packer on PATH has capabilities', async () => {
  const found = await ensureTool('packer');
  expect(capabilitiesOfFound(found)).toEqual(capabilitiesOf(found.version));
});

describe('rendered templates', () => {
  test('are formatted as Packer formats', async () => {
    await using folder = await temporaryFolder();
    for (const one of TEMPLATE_CASES) {
      await writeFile(join(folder.path, `${one.name}.pkr.hcl`), renderTemplateOf(renderRequestOf(one, templates)));
    }
    await packer(['fmt', '-check', '.'], folder.path);
  });

  test.each(TEMPLATE_CASES.filter((one) => one.packer === '1.6.6'))('$name is valid', async (one) => {
    await using folder = await temporaryFolder();
    const layers = await Promise.all(LAYERS.map((layer) => onDisk(join(folder.path, 'layers'), layer)));
    const dir = join(folder.path, 'rendered');
    const request = renderRequestOf(one, templates, layers);
    await writeRenderedFolder(dir, request, {});
    for (const index of (request.image.artifacts ?? []).keys()) await writeFile(join(dir, sentArtifact(index)), '');
    await packer(['validate', '.'], dir);
    await packer(['fmt', '-check', '.'], dir);
  });
});

test('what a layer may have for Packer is read by Packer as we read it, to the end of its block', async () => {
  await using folder = await temporaryFolder();
  for (const [index, [, text]] of PACKER_HCL_CASES.entries()) {
    // An end too many, or one that is missing, would be an error here.
    await writeFile(join(folder.path, `${index}.pkr.hcl`), `build {\n${text}\n}\nvariable "v${index}" {\n}\n`);
  }
  await packer(['fmt', '.'], folder.path);
});

test('strings arrive in Packer as they were', async () => {
  await using folder = await temporaryFolder();
  const variables = NASTY_STRINGS.map((text, n) => `variable "v${n}" {\n  default = ${hclString(text)}\n}\n`);
  await writeFile(join(folder.path, 'x.pkr.hcl'), variables.join('\n'));
  const all = `jsonencode([${NASTY_STRINGS.map((_, n) => `var.v${n}`).join(', ')}])`;
  expect(JSON.parse(await packer(['console', '.'], folder.path, all))).toEqual(NASTY_STRINGS);
});

test('attributes are aligned as Packer aligns them', async () => {
  await using folder = await temporaryFolder();
  const name = fc.constantFrom('a', 'name', 'a-long_name', 'the_longest_name_of_all', '"quoted key"');
  const value = fc.constantFrom(
    '1',
    '"text = {"',
    'true',
    '[1, 2]',
    '{ a = 1 }',
    'var.x',
    '[\n      1,\n    ]',
    '{\n      a = 1\n      bc = 2\n    }',
  );
  const line = fc.oneof(
    { arbitrary: fc.tuple(name, value).map(([name, value]) => `    ${name} = ${value}`), weight: 8 },
    { arbitrary: fc.constantFrom('', '    # a = 1'), weight: 2 },
  );
  const blocks = fc.sample(fc.array(line, { minLength: 1, maxLength: 12 }), { numRuns: 60, seed: 7 });
  const text = blocks
    .map((lines, n) => `block "b${n}" {\n  x = {\n${lines.join('\n')}\n  }\n  y = 1\n  long = 2\n}\n`)
    .join('\n');
  await writeFile(join(folder.path, 'x.pkr.hcl'), text);
  await packer(['fmt', '.'], folder.path);
  expect(alignAttributes(text)).toBe(await readFile(join(folder.path, 'x.pkr.hcl'), 'utf8'));
});

describe('builds against the emulator', () => {
  let server: SandboxServer;
  let ec2: EC2Client;
  let real: Packer;
  beforeAll(async () => {
    server = await SandboxServer.start();
    ec2 = server.ec2(REGION);
    real = createPacker({ executable: 'packer', graceMs: 60_000, init: false });
  });
  afterAll(() => server[Symbol.asyncDispose]());

  /** A rendered folder and what a run of it needs; `variables` over those of a good bake. */
  async function prepared(dir: string, name: string, variables: PackerRequest['variables'] = {}, run = name) {
    const builders = createBuilders(ec2, { region: REGION });
    const source = await ec2.send(
      new DescribeImagesCommand({ Filters: [{ Name: 'architecture', Values: ['x86_64'] }] }),
    );
    const key = await builders.reserve(`bake/${run}`, { 'bake:run': run });
    const cidrs = ['127.0.0.0/8'];
    const group = { name: `bake/${run}`, description: 'x', port: 22, cidrs, tags: { 'bake:run': run } };
    const case_ = { name, image: 'bare', packer: '1.6.6', provisioned: false } as const;
    await writeRenderedFolder(dir, renderRequestOf(case_, templates), {});
    await writeFile(join(dir, 'builder.key'), key?.privateKey ?? '', { mode: 0o600 });
    return packerRequest(dir, {
      variables: {
        ami_name: name,
        source_ami: source.Images?.[0]?.ImageId ?? '',
        image_tags: { 'bake:image': 'bare' },
        run_tags: { 'bake:run': run },
        key_pair: `bake/${run}`,
        private_key_file: 'builder.key',
        security_group: await builders.createSecurityGroup(group),
        endpoint: server.endpoint,
        poll_seconds: 1,
        poll_attempts: 60,
        manifest: 'manifest.json',
        ...variables,
      },
      env: { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test', AWS_REGION: REGION },
    });
  }

  async function living(name: string): Promise<(string | undefined)[]> {
    const Filters = [{ Name: 'tag:bake:run', Values: [name] }];
    const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand({ Filters }));
    return Reservations.flatMap(({ Instances = [] }) => Instances.map(({ State }) => State?.Name));
  }

  const stages = (messages: readonly PackerMessage[]) =>
    messages.flatMap(({ progress }) => (progress?.kind === 'stage' ? [progress.stage] : []));

  test('to an AMI, through all its stages', async () => {
    await using folder = await temporaryFolder();
    const name = 'acme/bare/1-x86_64';
    const { request, messages } = await prepared(folder.path, name);
    const outcome = await real.build(request);
    expect(outcome).toEqual({ status: 'done', imageId: expect.stringMatching(/^ami-/) });
    expect(stages(messages)).toEqual(['launch', 'stop', 'snapshot', 'tags']);
    const query = { Owners: ['self'], Filters: [{ Name: 'name', Values: [name] }] };
    const { Images = [] } = await ec2.send(new DescribeImagesCommand(query));
    expect(Images).toMatchObject([{ State: 'available', Tags: [{ Key: 'bake:image', Value: 'bare' }] }]);
    expect(Images[0]?.ImageId).toBe(outcome.status === 'done' && outcome.imageId);
    expect(await living(name)).toEqual(['terminated']);
  });

  test('until it is cancelled, and then ends its instance', async () => {
    await using folder = await temporaryFolder();
    const name = 'acme/bare/2-x86_64';
    const { request } = await prepared(folder.path, name);
    const stop = new AbortController();
    const onMessage = ({ text }: PackerMessage) => {
      if (text.startsWith('Instance ID:')) stop.abort();
    };
    expect(await real.build({ ...request, signal: stop.signal, onMessage })).toEqual({ status: 'cancelled' });
    expect(await living(name)).toEqual(['terminated']);
  });

  test('until it fails, and then quotes its verdict first', async () => {
    await using folder = await temporaryFolder();
    const { request } = await prepared(folder.path, 'acme/bare/3-x86_64', { source_ami: 'ami-00000000000000000' });
    expect(await real.build(request)).toMatchObject({
      status: 'failed',
      exitCode: 1,
      errors: expect.arrayContaining([expect.stringMatching(/^Error querying AMI: InvalidAMIID.NotFound/)]),
    });
  });

  test('not at all when the name is taken', async () => {
    await using folder = await temporaryFolder();
    await using again = await temporaryFolder();
    const name = 'acme/bare/4-x86_64';
    expect(await real.build((await prepared(folder.path, name)).request)).toMatchObject({ status: 'done' });
    const outcome = await real.build((await prepared(again.path, name, {}, 'another')).request);
    expect(outcome).toMatchObject({
      status: 'failed',
      errors: expect.arrayContaining([expect.stringContaining('is used by an existing AMI')]),
    });
  });
});

test('Packer has the time that it is given to clean up, and is asked once', async () => {
  await using folder = await temporaryFolder();
  const stop = new AbortController();
  const { request } = packerRequest(folder.path, { signal: stop.signal, onMessage: () => stop.abort() });
  const slow = createPacker({ executable: fakePackerPath('slow'), graceMs: 60_000, init: false });
  expect(await slow.build(request)).toEqual({ status: 'cancelled' });
  expect(await readFile(join(folder.path, 'cleaned.txt'), 'utf8')).toBe('cleaned\n');
  expect(await readFile(join(folder.path, 'asked.txt'), 'utf8')).toBe('asked\n');
});
