import { BakeError } from '../model/errors.ts';
import { type Capabilities, capabilitiesOf, OLDEST_PACKER } from './capabilities.ts';

/** Packer as it was found on this machine. */
export interface FoundPacker {
  readonly path: string;
  readonly version: string;
}

/** What it can do. Throws `packer-too-old`. */
export function capabilitiesOfFound({ version }: FoundPacker): Capabilities {
  const capabilities = capabilitiesOf(version);
  if (capabilities !== undefined) return capabilities;
  throw new BakeError({
    code: 'packer-too-old',
    message: `Packer ${version} cannot run these templates`,
    hint: `Install Packer ${OLDEST_PACKER} or later.`,
    blame: 'tool',
  });
}
