/** What a template may and must say, by Packer's version. The one place that knows. */
export interface Capabilities {
  /** `packer { required_plugins }` and `packer init`: a hard error before 1.7, needed from 1.10, where nothing is bundled. */
  readonly requiredPlugins: boolean;
  /** Version constraint for the amazon plugin; the oldest that has every key that the template uses. */
  readonly amazonPlugin: string;
  /** The same for the ansible plugin, whose proxy has keys that OpenSSH takes since 1.1.0. */
  readonly ansiblePlugin: string;
  /** The proxy between Ansible and the builder signs with SHA-1, which OpenSSH takes since 8.8 only when it is told to. */
  readonly ansibleSha1: boolean;
  /** `metadata_options` (plugin 0.0.1): unknown to 1.6.6, where the launch cannot require IMDSv2. */
  readonly metadataOptions: boolean;
}

const TABLE: readonly (readonly [since: readonly [major: number, minor: number], capabilities: Capabilities])[] = [
  [
    [1, 7],
    {
      requiredPlugins: true,
      amazonPlugin: '>= 1.1.0',
      ansiblePlugin: '>= 1.1.0',
      ansibleSha1: false,
      metadataOptions: true,
    },
  ],
  [[1, 6], { requiredPlugins: false, amazonPlugin: '', ansiblePlugin: '', ansibleSha1: true, metadataOptions: false }],
];

/** Older Packers have no HCL2 templates to speak of. */
export const OLDEST_PACKER = '1.6.6';

/** Undefined for a version that is too old or no version at all. */
export function capabilitiesOf(version: string): Capabilities | undefined {
  const match = /^v?(\d+)\.(\d+)\.(\d+)/.exec(version);
  if (match === null) return undefined;
  const [major, minor, patch] = [Number(match[1]), Number(match[2]), Number(match[3])];
  if (major === 1 && minor === 6 && patch < 6) return undefined;
  return TABLE.find(
    ([[sinceMajor, sinceMinor]]) => major > sinceMajor || (major === sinceMajor && minor >= sinceMinor),
  )?.[1];
}
