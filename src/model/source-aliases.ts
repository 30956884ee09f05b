import type { AccountId, Architecture } from './ids.ts';
import type { SourceAmi } from './image.ts';

/** Where a well-known source AMI is found, per architecture, and who publishes it. */
export interface SourceAlias {
  readonly owner: AccountId | 'amazon';
  /** The login user that the publisher's cloud-init creates. */
  readonly sshUser: string;
  /** `parameter`: a public SSM parameter that holds an AMI id. `name`: a DescribeImages name filter. */
  readonly lookup: { readonly by: 'parameter' | 'name' } & Readonly<Record<Architecture, string>>;
  /** Names that contain this are other editions which the filter cannot tell apart. */
  readonly skip?: string;
}

const DEBIAN = '136693071363' as AccountId;
const CANONICAL = '099720109477' as AccountId;
const RED_HAT = '309956199498' as AccountId;

const debian = (release: string): SourceAlias => ({
  owner: DEBIAN,
  sshUser: 'admin',
  lookup: { by: 'name', x86_64: `debian-${release}-amd64-*`, arm64: `debian-${release}-arm64-*` },
  skip: '-daily-',
});

const ubuntu = (release: string): SourceAlias => ({
  owner: CANONICAL,
  sshUser: 'ubuntu',
  // `hvm-ssd` up to 22.04, `hvm-ssd-gp3` from 23.10 on.
  lookup: {
    by: 'name',
    x86_64: `ubuntu/images/hvm-ssd*/ubuntu-*-${release}-amd64-server-*`,
    arm64: `ubuntu/images/hvm-ssd*/ubuntu-*-${release}-arm64-server-*`,
  },
});

/** What may be written as `source: 'debian:12'`. */
export const SOURCE_ALIASES: ReadonlyMap<string, SourceAlias> = new Map<string, SourceAlias>([
  ['debian:12', debian('12')],
  ['debian:13', debian('13')],
  ['ubuntu:22.04', ubuntu('22.04')],
  ['ubuntu:24.04', ubuntu('24.04')],
  [
    'al2023',
    {
      owner: 'amazon',
      sshUser: 'ec2-user',
      lookup: {
        by: 'parameter',
        x86_64: '/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64',
        arm64: '/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64',
      },
    },
  ],
  [
    'rhel:9',
    {
      owner: RED_HAT,
      sshUser: 'ec2-user',
      // `Hourly2` is the pay-as-you-go edition; `Access2` needs a subscription. Betas have `HVM_BETA`.
      lookup: { by: 'name', x86_64: 'RHEL-9.*_HVM-*-x86_64-*-Hourly2-*', arm64: 'RHEL-9.*_HVM-*-arm64-*-Hourly2-*' },
    },
  ],
]);

/** One line that names a source AMI: `debian:12`, `name:debian-12-* owner:136693071363`. The key of the lock file. */
export function sourceText(source: SourceAmi): string {
  switch (source.by) {
    case 'alias':
      return source.alias;
    case 'parameter':
      return `parameter:${source.parameter} owner:${source.owner}`;
    case 'filter':
      return `name:${source.name} owner:${source.owner}`;
    case 'id':
      return `id:${source.id} owner:${source.owner}`;
  }
}
