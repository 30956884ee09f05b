import type { MissingTool } from './errors.ts';
import type { ToolRow } from './probe.ts';
import { installHint, type System } from './system.ts';
import { type Packages, TOOLS } from './tools.ts';

/** How the missing tools get here: all of them, or none is tried. */
export type InstallPlan =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'install'; readonly aptPackages: readonly string[]; readonly packerRelease: boolean }
  | { readonly kind: 'impossible'; readonly missing: readonly MissingTool[] };

/** Platforms that HashiCorp releases Packer for, in its words, by Node's. */
const RELEASED: Readonly<Record<string, string>> = {
  'linux/x64': 'linux_amd64',
  'linux/arm64': 'linux_arm64',
  'darwin/x64': 'darwin_amd64',
  'darwin/arm64': 'darwin_arm64',
};

/** HashiCorp's name for this platform; undefined where it releases nothing. */
export const releasePlatform = ({ platform, arch }: Pick<System, 'platform' | 'arch'>): string | undefined =>
  RELEASED[`${platform}/${arch}`];

export function planInstall(rows: readonly ToolRow[], system: System): InstallPlan {
  const missing = rows.filter((row) => row.status === 'missing');
  if (missing.length === 0) return { kind: 'nothing' };
  const canApt = system.packageManager === 'apt' && system.asRoot !== undefined;
  const aptPackages = new Set<string>();
  const impossible: MissingTool[] = [];
  let packerRelease = false;
  for (const row of missing) {
    const { apt }: Packages = TOOLS[row.name].packages;
    if (canApt && apt !== undefined) aptPackages.add(apt);
    else if (row.name === 'packer' && releasePlatform(system) !== undefined) packerRelease = true;
    else impossible.push({ ...row, hint: installHint(row.name, system) });
  }
  if (impossible.length > 0) return { kind: 'impossible', missing: impossible };
  return { kind: 'install', aptPackages: [...aptPackages], packerRelease };
}
