import { ownCidr } from '../aws/network.ts';
import type { Image } from '../model/image.ts';
import type { Connected } from './connect.ts';

/** Who may reach the machines that are launched: as configured, else this machine alone; behind an emulator that is loopback. */
export async function cidrsFor(
  images: readonly Image[],
  { endpoint }: Connected,
  signal: AbortSignal,
  own: () => Promise<string> = () => ownCidr(signal),
): Promise<readonly string[]> {
  const networks = images.filter(({ build }) => build.communicator === 'ssh').map(({ build }) => build.network);
  const written = networks.flatMap(({ allowedCidrs }) => (allowedCidrs === 'auto' ? [] : allowedCidrs));
  const needsOwn = networks.some(({ allowedCidrs }) => allowedCidrs === 'auto');
  if (!needsOwn) return [...new Set(written)];
  return [...new Set([...written, endpoint === '' ? await own() : '127.0.0.0/8'])];
}
