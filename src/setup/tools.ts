/** How a tool shows that it is what its name says, and which version. */
interface Check {
  readonly args: readonly string[];
  /** Its first group is the version. An answer that does not match comes from another program of the same name. */
  readonly answer: RegExp;
  /** Asked in the caller's locale, since it does not start in every one: Ansible wants UTF-8. */
  readonly inOwnLocale?: boolean;
}

/** Package names by package manager. Absent: that system does not have it. */
export interface Packages {
  readonly apt?: string;
  readonly dnf?: string;
  readonly brew?: string;
}

export interface Tool {
  readonly purpose: string;
  /** Names of the executable, the usual one first. */
  readonly executables: readonly string[];
  readonly check: Check;
  /** A file without which the executable is of no use to us. */
  readonly alsoNeeds?: string;
  readonly packages: Packages;
}

const VERSION = String.raw`(\d+(?:\.\d+)+)`;
const dashVersion = (answer: string): Check => ({ args: ['--version'], answer: new RegExp(answer + VERSION) });

/** The programs that bake runs. */
export const TOOLS = {
  packer: {
    purpose: 'bakes images',
    executables: ['packer'],
    // cracklib has a `packer` too, on PATH before ours on some systems.
    check: { args: ['version', '-machine-readable'], answer: new RegExp(`^\\d+,[^,]*,version,${VERSION}`, 'm') },
    packages: { apt: 'packer', brew: 'hashicorp/tap/packer' },
  },
  'qemu-system-x86_64': {
    purpose: "runs the sandbox's instances",
    executables: ['qemu-system-x86_64'],
    check: dashVersion('QEMU emulator version '),
    packages: { apt: 'qemu-system-x86', dnf: 'qemu-system-x86-core', brew: 'qemu' },
  },
  'qemu-img': {
    purpose: "makes the disks of the sandbox's instances",
    executables: ['qemu-img'],
    check: dashVersion('qemu-img version '),
    packages: { apt: 'qemu-utils', dnf: 'qemu-img', brew: 'qemu' },
  },
  mmdebstrap: {
    purpose: "builds the sandbox's Debian image from packages",
    executables: ['mmdebstrap'],
    check: dashVersion('mmdebstrap '),
    alsoNeeds: '/usr/share/keyrings/debian-archive-keyring.gpg',
    packages: { apt: 'mmdebstrap', dnf: 'mmdebstrap' },
  },
  newuidmap: {
    purpose: "builds the sandbox's Debian image without root",
    executables: ['newuidmap'],
    // It has no --version: called with nothing it says how it is used, and fails.
    check: { args: [], answer: /()/ },
    packages: { apt: 'uidmap', dnf: 'shadow-utils' },
  },
  mke2fs: {
    purpose: "makes the filesystem of the sandbox's Debian image",
    executables: ['mke2fs'],
    check: { args: ['-V'], answer: new RegExp(`mke2fs ${VERSION}`) },
    packages: { apt: 'e2fsprogs', dnf: 'e2fsprogs', brew: 'e2fsprogs' },
  },
  debugfs: {
    purpose: 'adapts the official Debian image to the sandbox',
    executables: ['debugfs'],
    check: { args: ['-V'], answer: new RegExp(`debugfs ${VERSION}`) },
    packages: { apt: 'e2fsprogs', dnf: 'e2fsprogs', brew: 'e2fsprogs' },
  },
  'grub-mkimage': {
    purpose: "makes the disk that starts the sandbox's instances",
    executables: ['grub-mkimage', 'grub2-mkimage'],
    check: dashVersion(String.raw`grub2?-mkimage \(GRUB\) `),
    alsoNeeds: '/usr/lib/grub/i386-pc/boot.img',
    packages: { apt: 'grub-pc-bin', dnf: 'grub2-pc-modules' },
  },
  python3: {
    purpose: "runs the sandbox's EC2 API",
    executables: ['python3'],
    // ensurepip is a package of its own on Debian and Ubuntu, and a venv has no pip without it.
    check: {
      args: [
        '-c',
        'import ensurepip, platform, sys; assert sys.version_info >= (3, 10); print(platform.python_version())',
      ],
      answer: new RegExp(`^${VERSION}`),
    },
    packages: { apt: 'python3-venv', dnf: 'python3', brew: 'python@3.13' },
  },
  ssh: {
    purpose: 'logs in to machines that are tried',
    executables: ['ssh'],
    check: { args: ['-V'], answer: new RegExp(`OpenSSH_${VERSION}`) },
    packages: { apt: 'openssh-client', dnf: 'openssh-clients', brew: 'openssh' },
  },
  'ansible-playbook': {
    purpose: 'runs the playbooks of layers',
    executables: ['ansible-playbook'],
    check: {
      args: ['--version'],
      answer: new RegExp(String.raw`^ansible-playbook \[?(?:core )?${VERSION}`),
      inOwnLocale: true,
    },
    packages: { apt: 'ansible-core', dnf: 'ansible-core', brew: 'ansible' },
  },
  git: {
    purpose: 'names the commit that an image was made from',
    executables: ['git'],
    check: dashVersion('git version '),
    packages: { apt: 'git', dnf: 'git', brew: 'git' },
  },
} as const satisfies Readonly<Record<string, Tool>>;

export type ToolName = keyof typeof TOOLS;

export const TOOL_NAMES = Object.keys(TOOLS) as readonly ToolName[];
