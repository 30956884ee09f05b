import type { Architecture } from '../model/ids.ts';
import type { Config, Image, Json, Layer } from '../model/image.ts';
import { ansibleBlock, provisionerRoot } from './ansible.ts';
import { sentArtifact, uploadedArtifact } from './artifacts.ts';
import { renderTemplate } from './handlebars.ts';
import { alignAttributes, hclLines, hclString, hclValue } from './hcl.ts';
import {
  type ProvisionStep,
  provisionSteps,
  SECRETS_MOUNT,
  SECRETS_UPLOAD,
  type Segment,
  segments,
} from './provisioning.ts';
import { amiMappings, encryptionOf, launchMappings, performanceOf } from './volumes.ts';

/** The capabilities that the template asks about; `packer/capabilities.ts` has the table. */
export interface TemplateCapabilities {
  readonly requiredPlugins: boolean;
  readonly amazonPlugin: string;
  readonly ansiblePlugin: string;
  readonly ansibleSha1: boolean;
  readonly metadataOptions: boolean;
}

export interface PackerTemplateRequest {
  readonly config: Config;
  readonly image: Image;
  readonly architecture: Architecture;
  /** In order. */
  readonly layers: readonly Layer[];
  /** Source of `packer/image.pkr.hcl`. */
  readonly source: string;
  readonly capabilities: TemplateCapabilities;
  /** False behind an emulator without machines: there is nothing to connect to, and nothing is provisioned. */
  readonly provisioned: boolean;
  /** False behind an emulator, which has no spot market. */
  readonly spot: boolean;
  /** Defaults that are known without a run: the pinned source AMI, say. */
  readonly defaults?: Readonly<Partial<RunVariables>> | undefined;
}

/** What differs from run to run, passed in a file; the template holds placeholders that `packer validate` accepts. */
export interface RunVariables {
  readonly ami_name: string;
  readonly source_ami: string;
  readonly root_device: string;
  readonly instance_type: string;
  /** Empty: in the default VPC. */
  readonly subnet: string;
  readonly image_tags: Readonly<Record<string, string>>;
  readonly run_tags: Readonly<Record<string, string>>;
  /** Empty: Packer makes a key pair and a security group of its own, which is what a bare `packer build` wants. */
  readonly key_pair: string;
  readonly private_key_file: string;
  readonly security_group: string;
  /** Who may reach a security group that Packer makes. */
  readonly ssh_cidrs: readonly string[];
  /** Empty: AWS. */
  readonly endpoint: string;
  readonly ssh_port: number;
  readonly poll_seconds: number;
  readonly poll_attempts: number;
  readonly record_input: string;
  readonly record_output: string;
  readonly manifest: string;
  /** An archive with a file for each secret; for images that have secrets. */
  readonly secrets_file?: string;
}

/** Marks the machine by the time that bake-region-config.service looks: a builder loads nothing of what instances load. */
const BUILDER_USER_DATA = '#cloud-config\nwrite_files: [{path: /run/bake/builder}]\n';

/** What a builder of the image is launched with; empty: nothing. */
export const builderUserData = ({ regionConfig }: Pick<Image, 'regionConfig'>): string =>
  regionConfig === undefined ? '' : BUILDER_USER_DATA;

const TYPES: Readonly<Partial<Record<keyof RunVariables, string>>> = {
  image_tags: 'map(string)',
  run_tags: 'map(string)',
  ssh_cidrs: 'list(string)',
  ssh_port: 'number',
  poll_seconds: 'number',
  poll_attempts: 'number',
};

/** Text that passes `packer fmt -check`; the same request gives the same bytes. */
export function renderPackerTemplate(request: PackerTemplateRequest): string {
  const { image, architecture, capabilities } = request;
  const { build, rootVolume } = image;
  const defaults = { ...placeholders(request), ...request.defaults };
  const steps = provisionSteps(request.layers);
  const runs = segments(steps).map((segment, index) => segmentData(segment, index, request));
  const data = {
    image: image.name,
    architecture,
    caps: capabilities,
    plugins: request.provisioned ? pluginsOf(steps, capabilities) : [],
    variables: Object.entries(defaults).map(([name, value]) => ({
      name,
      type: TYPES[name as keyof RunVariables] ?? 'string',
      default: value,
    })),
    region: build.region,
    provisioned: request.provisioned,
    spot: request.spot && build.spot,
    communicator: request.provisioned ? 'ssh' : 'none',
    sshUser: build.sshUser,
    connectTimeout: `${build.timeLimits.connect}s`,
    sessionManager: build.communicator === 'session-manager',
    network: {
      vpc: build.network.vpc ?? '',
      subnet: build.network.subnets.length > 0,
      publicAddress: build.network.publicAddress,
    },
    instanceProfile: build.instanceProfile ?? '',
    volume: {
      type: rootVolume.type,
      sizeGiB: rootVolume.sizeGiB ?? 0,
      ...performanceOf(rootVolume),
      kmsKey: rootVolume.kmsKey ?? '',
    },
    encryption: `${encryptionOf(rootVolume) ?? ''}`,
    mappings: [...launchMappings(image.volumes), ...amiMappings(image.volumes)],
    userData: builderUserData(image),
    secrets: image.secrets === undefined ? undefined : { mount: SECRETS_MOUNT, upload: SECRETS_UPLOAD },
    artifacts: (image.artifacts ?? []).map((_, index) => ({
      source: sentArtifact(index),
      upload: uploadedArtifact(index),
    })),
    segments: runs,
  };
  const helpers = {
    hcl: (value: string) => hclString(value),
    hclValue: (value: Json) => hclValue(value),
    hclList: (values: readonly string[]) => hclLines(values, 2),
  };
  const text = alignAttributes(renderTemplate('packer/image.pkr.hcl', request.source, data, helpers));
  // After all else: it is neither a template of ours nor ours to format.
  return runs.reduce((whole, { raw, hcl }) => (raw === '' ? whole : whole.replace(raw, () => hcl)), text);
}

/** For the template, in which each name is there. */
function segmentData(segment: Segment, index: number, { image, capabilities }: PackerTemplateRequest) {
  const none = { commands: [], reboots: false, isFresh: false, ansible: undefined, raw: '', hcl: '', from: '' };
  if (segment.kind === 'shell') return { ...none, ...segment };
  const { number, layer, action, step } = segment.step;
  if (action === 'packer') {
    // No string of a user can be this: they are all quoted.
    const raw = `\0${index}\0`;
    return { ...none, raw, hcl: step.hcl.trimEnd(), from: `${provisionerRoot(layer)}/${step.source}` };
  }
  const { sshUser: user } = image.build;
  return { ...none, ansible: ansibleBlock({ number, layer, step, user, sha1: capabilities.ansibleSha1 }) };
}

/** Provisioners that Packer has had in plugins since 1.10. */
const PLUGINS: readonly (readonly [plugin: string, provisioners: readonly string[]])[] = [
  ['ansible', ['ansible', 'ansible-local']],
  ['chef', ['chef-client', 'chef-solo']],
  ['inspec', ['inspec']],
  ['puppet', ['puppet-masterless', 'puppet-server']],
  ['salt', ['salt-masterless']],
];

function pluginsOf(steps: readonly ProvisionStep[], { ansiblePlugin }: TemplateCapabilities) {
  const used = steps.flatMap((step) => {
    if (step.action === 'packer') return step.step.provisioners;
    return step.action === 'ansible' ? ['ansible'] : [];
  });
  return PLUGINS.filter(([, types]) => types.some((type) => used.includes(type))).map(([name]) => ({
    name,
    source: `github.com/hashicorp/${name}`,
    version: name === 'ansible' ? ansiblePlugin : '>= 0.0.1',
  }));
}

function placeholders({ config, image, architecture }: PackerTemplateRequest): RunVariables {
  const { allowedCidrs } = image.build.network;
  return {
    ami_name: `${config.project}/${image.name}/0-${architecture}`,
    source_ami: 'ami-00000000000000000',
    root_device: '/dev/xvda',
    instance_type: image.build.instanceTypes[architecture][0] ?? '',
    subnet: image.build.network.subnets[0] ?? '',
    image_tags: {},
    run_tags: {},
    key_pair: '',
    private_key_file: '',
    security_group: '',
    ssh_cidrs: allowedCidrs === 'auto' ? ['127.0.0.1/32'] : allowedCidrs,
    endpoint: '',
    ssh_port: 22,
    poll_seconds: 10,
    poll_attempts: Math.ceil(image.build.timeLimits.snapshot / 10),
    record_input: 'record-input.json',
    record_output: 'record.json',
    manifest: 'manifest.json',
    // There, so that `packer validate` is content, and empty, so that the runner says what is missing.
    ...(image.secrets === undefined ? {} : { secrets_file: '/dev/null' }),
  };
}
