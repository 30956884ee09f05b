import type { Release } from '../model/release.ts';
import type { ContractRow } from './row.ts';
import { ACCOUNT_ROWS } from './table/accounts.ts';
import { CLOUD_INIT_ROWS } from './table/cloud-init.ts';
import { IDENTITY_ROWS } from './table/identity.ts';
import { NETWORK_ROWS } from './table/network.ts';
import { PACKAGE_ROWS } from './table/packages.ts';
import { SSH_ROWS } from './table/ssh.ts';
import { STORAGE_ROWS } from './table/storage.ts';
import { TIME_AND_LANGUAGE_ROWS } from './table/time-and-language.ts';

/** What cloud-init does to an image, row by row: data for the linter here and for the guard on the builder. */
export const CONTRACT: readonly ContractRow[] = [
  ...SSH_ROWS,
  ...IDENTITY_ROWS,
  ...ACCOUNT_ROWS,
  ...PACKAGE_ROWS,
  ...TIME_AND_LANGUAGE_ROWS,
  ...NETWORK_ROWS,
  ...STORAGE_ROWS,
  ...CLOUD_INIT_ROWS,
];

/** The rows of one release, at most one for each id; those of all where the release is not known. */
export function rowsFor(release: Release | undefined): readonly ContractRow[] {
  return release === undefined ? CONTRACT : CONTRACT.filter((row) => row.releases.includes(release));
}
