import { join, resolve } from 'node:path';
import { type Given, withGiven } from '../config/given.ts';
import { loadConfig } from '../config/load.ts';
import { LOCK_FILE, readLock } from '../config/lock.ts';
import { usage } from '../model/errors.ts';
import { lineage } from '../model/graph.ts';
import type { Architecture } from '../model/ids.ts';
import type { Config, Image } from '../model/image.ts';
import { sourceText } from '../model/source-aliases.ts';
import { capabilitiesOf, OLDEST_PACKER } from '../packer/capabilities.ts';
import { pinnedAmi } from '../plan/source-lock.ts';
import { copyArtifacts, settleArtifacts } from '../run/artifacts.ts';
import type { Artifacts } from '../run/effects.ts';
import { recordInput } from '../run/record.ts';
import { type RenderRequest, renderTemplateOf, writeRenderedFolder } from '../run/rendered-folder.ts';
import { loadTemplates } from '../run/templates.ts';
import { probeTools } from '../setup/probe.ts';
import { connect } from './connect.ts';
import { type CommandIo, type CommonOptions, configOption, print, printJson } from './io.ts';
import { openArtifacts } from './open-artifacts.ts';
import { parseArchitectures, selectImages } from './selection.ts';
import { setupOnStderr } from './setup-events.ts';

export interface RenderOptions extends CommonOptions, Given {
  readonly out?: string;
  readonly arch?: string;
  readonly packerVersion?: string;
}

/** `bake render <image>`: the Packer template, or with `--out` the folder that `packer build` works in. Asks nobody. */
export async function render(name: string, options: RenderOptions, io: CommandIo): Promise<number> {
  const written = await loadConfig(configOption(options, io));
  const asked = selectImages(written, [name]).map((image) => image.name);
  const config = withGiven(written, asked, options, io.cwd);
  const [image] = selectImages(config, [name]);
  if (image === undefined) throw new Error(`${name} was not selected`);
  const [architecture = image.architectures[0]] = parseArchitectures(options.arch, [image]) ?? [];
  if (architecture === undefined) throw new Error(`${name} has no architecture`);
  const request = await renderRequest(config, image, architecture, options);
  if (options.out === undefined) {
    const text = renderTemplateOf(request);
    if (options.json) printJson(io, { version: 1, image: image.name, architecture, template: text });
    else print(io, text);
    return 0;
  }
  const dir = resolve(io.cwd, options.out);
  const artifacts = await artifactsFor(image, config, options, io);
  const settled = await withArtifacts(request, artifacts);
  await writeRenderedFolder(dir, settled, unbakedRecord(settled));
  await copyArtifacts(dir, settled.image, artifacts);
  if (options.json) printJson(io, { version: 1, image: image.name, architecture, dir });
  else print(io, usageText(dir, request));
  return 0;
}

/** Asks somebody only where an artefact of the image is in S3, and then whoever a bake would ask. */
async function artifactsFor({ artifacts = [] }: Image, config: Config, options: RenderOptions, io: CommandIo) {
  const isAway = artifacts.some(({ from }) => 's3' in from);
  const here = { region: config.region };
  const connection = isAway ? (await connect(config, options, io, setupOnStderr(io))).connection : here;
  return openArtifacts(connection, io.signal);
}

async function withArtifacts(request: RenderRequest, artifacts: Artifacts): Promise<RenderRequest> {
  const { name } = request.image;
  const { config } = await settleArtifacts(request.config, [name], artifacts, 'may-lack');
  return { ...request, config, image: config.images.get(name) ?? request.image };
}

/** `packer build` by itself makes a security group, which lets in nobody until it is told whom. */
function usageText(dir: string, { capabilities, image }: RenderRequest): string {
  const init = capabilities.requiredPlugins ? 'packer init . && ' : '';
  const auto = image.build.network.allowedCidrs === 'auto';
  const cidrs = auto && image.build.communicator === 'ssh' ? ` -var 'ssh_cidrs=["<your address>/32"]'` : '';
  return `${dir}: ${init}packer validate . && packer build -var source_ami=ami-…${cidrs} .`;
}

async function renderRequest(
  config: Config,
  image: Image,
  architecture: Architecture,
  options: RenderOptions,
): Promise<RenderRequest> {
  const version = options.packerVersion ?? (await installedPacker()) ?? OLDEST_PACKER;
  const capabilities = capabilitiesOf(version);
  if (capabilities === undefined)
    throw usage(`Packer ${version} cannot run these templates`, `Oldest is ${OLDEST_PACKER}.`);
  const layers = image.layers.flatMap((layer) => config.layers.get(layer) ?? []);
  const templates = await loadTemplates(config.templatesDir);
  const defaults = await pinned(config, image, architecture);
  return { config, image, architecture, layers, capabilities, templates, provisioned: true, spot: true, defaults };
}

/** The one that a bake would take, which may be in bake's cache and not on PATH. */
async function installedPacker(): Promise<string | undefined> {
  const [packer] = await probeTools(['packer']);
  return packer?.status === 'present' ? packer.version : undefined;
}

/** A base image's source AMI is known without asking when it is pinned; a parent's is not. */
async function pinned(config: Config, image: Image, architecture: Architecture): Promise<RenderRequest['defaults']> {
  const root = lineage(config.images, image.name)[0];
  if (root?.origin.kind !== 'base') return {};
  const lock = await readLock(join(config.root, LOCK_FILE));
  const ami = pinnedAmi(lock, { source: sourceText(root.origin.source), region: config.region, architecture });
  if (ami === undefined) return {};
  return { root_device: ami.rootDeviceName, ...(root === image ? { source_ami: ami.imageId } : {}) };
}

function unbakedRecord({ config, image, architecture, layers }: RenderRequest) {
  return recordInput({
    project: config.project,
    image: image.name,
    architecture,
    imageVersion: '0',
    fingerprint: '',
    inputs: {},
    parent: null,
    sourceAmi: null,
    layers,
    packages: image.packages,
    artifacts: image.artifacts,
    commit: undefined,
    tools: {},
  });
}
