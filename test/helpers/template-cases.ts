import type { Architecture } from '../../src/model/ids.ts';
import type { Image, Layer } from '../../src/model/image.ts';
import { capabilitiesOf } from '../../src/packer/capabilities.ts';
import type { RenderRequest } from '../../src/run/rendered-folder.ts';
import {
  artifact,
  base,
  config,
  layer,
  layerFile,
  packerFile,
  playbook,
  provisionerFile,
  REBOOT,
  regionConfig,
  script,
  service,
  volume,
} from './builders.ts';

const OS = layer('os', {
  files: [layerFile('/etc/motd'), layerFile('/srv/app', { owner: 'app', group: 'app', mode: '0640' })],
  steps: [script('10-packages.sh'), REBOOT, script('20-settings.sh')],
});
const APP = layer('app', { files: [layerFile('/etc/app.conf')], steps: [script('10-app.sh'), REBOOT] });
/** Indented as it stands in a template, since the cases are compared with what Packer makes of their format. */
const RAW = `  provisioner "file" {
    source      = "layers/legacy/packer/motd"
    destination = "/tmp/motd"
  }
  provisioner "shell" {
    environment_vars = ["A=$\${b}", "LONGER = {"]
    execute_command  = "{{.Vars}} sudo -n sh '{{.Path}}'"
    script           = "\${path.root}/layers/legacy/packer/setup.sh"
  }
`;
const WEB = layer('web', {
  steps: [
    playbook({
      requirements: 'ansible/requirements.yml',
      extraVars: { port: 80 },
      tags: ['web', 'tls'],
      skipTags: ['slow'],
      groups: ['web'],
    }),
    script('10-check.sh'),
    playbook(),
  ],
  provisionerFiles: ['site.yml', 'requirements.yml', 'ansible.cfg'].map((name) => provisionerFile(`ansible/${name}`)),
});
const LEGACY = layer('legacy', {
  steps: [packerFile(RAW, ['file', 'shell']), REBOOT],
  provisionerFiles: ['legacy.pkr.hcl', 'setup.sh', 'motd'].map((name) => provisionerFile(`packer/${name}`)),
});
/** Every layer that a case uses. */
export const LAYERS: readonly Layer[] = [OS, APP, WEB, LEGACY];

const inVpc = { vpc: 'vpc-0123456789abcdef0', subnets: ['subnet-0123456789abcdef0', 'subnet-0123456789abcdef1'] };

const images: Readonly<Record<string, Image>> = {
  base: base('base', { layers: ['os', 'app'], architectures: ['x86_64', 'arm64'] }),
  bare: base('bare'),
  vpc: service('vpc', 'base', {
    layers: ['app'],
    build: { network: { ...inVpc, publicAddress: false, allowedCidrs: ['10.0.0.0/8', 'fd00::/8'] } },
  }),
  'session-manager': service('session-manager', 'base', {
    layers: ['app'],
    build: { communicator: 'session-manager', instanceProfile: 'bake-builder' },
  }),
  kms: base('kms', {
    rootVolume: { type: 'gp3', sizeGiB: 20, iops: 4000, throughput: 250, kmsKey: 'alias/images' },
    build: { timeLimits: { connect: 600, bake: 60, snapshot: 95 } },
  }),
  'region-config': service('region-config', 'base', { layers: ['app'], regionConfig: regionConfig() }),
  artifacts: service('artifacts', 'base', {
    layers: ['app'],
    artifacts: [artifact('api'), artifact('odd', { destination: '/srv/{{user}} %{x}' })],
  }),
  secrets: service('secrets', 'base', { layers: ['os', 'app'], secrets: { token: { env: 'TOKEN' } } }),
  provisioners: service('provisioners', 'base', {
    layers: ['web', 'legacy'],
    secrets: { token: { env: 'TOKEN' } },
  }),
  spot: base('spot', {
    build: { spot: true, instanceTypes: { x86_64: ['t3.small', 't3a.small'], arm64: ['t4g.small'] } },
  }),
  volumes: base('volumes', {
    layers: ['app'],
    volumes: [
      volume('data', { kmsKey: 'alias/images', encrypted: true, throughput: 250, deleteOnTermination: false }),
      volume('scratch', { device: '/dev/sdg', sizeGiB: 100, content: 'empty', encrypted: true }),
      volume('seed', { device: '/dev/xvdba', type: 'st1', sizeGiB: 500, startsFrom: 'snap-0123456789abcdef0' }),
    ],
  }),
  'child-volumes': service('child-volumes', 'volumes', {
    volumes: [
      volume('data', { sizeGiB: 20, type: 'io2', iops: 5000, inherited: true }),
      volume('scratch', { device: '/dev/sdg', content: 'empty', deleteOnTermination: false, inherited: true }),
    ],
  }),
  io2: base('io2', { rootVolume: { type: 'io2', sizeGiB: 100, iops: 5000, encrypted: false } }),
};

interface TemplateCase {
  readonly name: string;
  readonly image: string;
  readonly packer: '1.6.6' | '1.10.0';
  readonly architecture?: Architecture;
  readonly provisioned?: boolean;
}

const both = (image: string): TemplateCase[] =>
  (['1.6.6', '1.10.0'] as const).map((packer) => ({ name: `${image}-${packer}`, image, packer }));

/** Each is a golden file, and passes `packer fmt` and `packer validate`. */
export const TEMPLATE_CASES: readonly TemplateCase[] = [
  ...both('base'),
  { name: 'base-arm64-1.6.6', image: 'base', packer: '1.6.6', architecture: 'arm64' },
  { name: 'bare-1.6.6', image: 'bare', packer: '1.6.6' },
  ...both('vpc'),
  ...both('session-manager'),
  ...both('kms'),
  ...both('spot'),
  { name: 'region-config-1.6.6', image: 'region-config', packer: '1.6.6' },
  { name: 'artifacts-1.6.6', image: 'artifacts', packer: '1.6.6' },
  ...both('secrets'),
  ...both('volumes'),
  { name: 'child-volumes-1.6.6', image: 'child-volumes', packer: '1.6.6' },
  ...both('provisioners'),
  { name: 'io2-1.6.6', image: 'io2', packer: '1.6.6' },
  { name: 'base-no-machines-1.6.6', image: 'base', packer: '1.6.6', provisioned: false },
];

export function renderRequestOf(
  { image: name, packer, architecture = 'x86_64', provisioned = true }: TemplateCase,
  templates: RenderRequest['templates'],
  layers: readonly Layer[] = LAYERS,
): RenderRequest {
  const image = images[name];
  const capabilities = capabilitiesOf(packer);
  if (image === undefined || capabilities === undefined) throw new Error(`no such case: ${name}`);
  const own = image.layers.flatMap((wanted) => layers.find((layer) => layer.name === wanted) ?? []);
  return {
    config: config(Object.values(images), layers),
    image,
    architecture,
    layers: own,
    templates,
    capabilities,
    provisioned,
    spot: true,
  };
}
