import type { InheritedImage } from './inherit.ts';
import type { Report } from './problems.ts';
import { artifactPlacesRule, artifactSourcesRule } from './rules/artifacts.ts';
import {
  copyKeysAgreeRule,
  keyRegionsRule,
  keysFormRule,
  managedKeyRule,
  sharedKeyRule,
} from './rules/channel-keys.ts';
import { pointerFilesRule, pointerNamesRule, pointerPatternsRule } from './rules/channel-pointers.ts';
import { organizationRule, publicRule, sharedOnceRule } from './rules/channel-sharing.ts';
import {
  channelNamesRule,
  modesRule,
  requirementCyclesRule,
  requirementsRule,
  rolesRule,
  targetsRule,
} from './rules/channels.ts';
import { volumeDevicesRule, volumeEncryptionRule, volumeFormRule, volumeInheritedRule } from './rules/data-volumes.ts';
import { layerCountRule, layersRule, templatesRule } from './rules/folders.ts';
import { acyclicRule, architecturesRule, imageNamesRule, originRule, parentsRule } from './rules/hierarchy.ts';
import { networkRule, sessionManagerRule, subnetRule } from './rules/network.ts';
import { packageOrderRule, packagesFormRule, packagesReleaseRule } from './rules/packages.ts';
import {
  regionBucketRule,
  regionFilesRule,
  regionKeysRule,
  regionPlaceRule,
  regionPrefixRule,
  regionServiceRule,
} from './rules/region-config.ts';
import { regionPathsRule, regionValuesRule, regionValuesUsedRule } from './rules/region-values.ts';
import { secretsRule } from './rules/secrets.ts';
import { sandboxImagesRule, sourceArchitectureRule, sourceFormRule, sshUserRule } from './rules/sources.ts';
import { stateRule } from './rules/state.ts';
import { tagCountRule, tagsRule } from './rules/tags.ts';
import { variablesRule, variablesSizeRule } from './rules/variables.ts';
import { versionRule } from './rules/version.ts';
import { keyEncryptsRule, staysEncryptedRule, volumeLimitsRule, volumeShrinksRule } from './rules/volumes.ts';
import type { WrittenConfig } from './schema.ts';

export interface RuleContext {
  readonly written: WrittenConfig;
  /** By image name. */
  readonly inherited: ReadonlyMap<string, InheritedImage>;
  readonly folders: Folders;
  readonly report: Report;
}

/** What is there beside the configuration. */
export interface Folders {
  /** Names of the layers; undefined: there is no such folder. */
  readonly layers: readonly string[] | undefined;
  /** Whether the folder of templates is there, if one is written. */
  readonly templates: boolean;
}

/** Checks one thing that a schema cannot say, on a configuration that has the right form. */
export type Rule = (context: RuleContext) => void;

export const RULES: readonly Rule[] = [
  imageNamesRule,
  originRule,
  parentsRule,
  acyclicRule,
  architecturesRule,
  sourceFormRule,
  sourceArchitectureRule,
  sandboxImagesRule,
  sshUserRule,
  layersRule,
  layerCountRule,
  templatesRule,
  versionRule,
  variablesRule,
  variablesSizeRule,
  artifactSourcesRule,
  artifactPlacesRule,
  tagsRule,
  tagCountRule,
  volumeLimitsRule,
  volumeShrinksRule,
  staysEncryptedRule,
  keyEncryptsRule,
  volumeFormRule,
  volumeInheritedRule,
  volumeEncryptionRule,
  volumeDevicesRule,
  packagesFormRule,
  packagesReleaseRule,
  packageOrderRule,
  secretsRule,
  networkRule,
  subnetRule,
  sessionManagerRule,
  channelNamesRule,
  rolesRule,
  modesRule,
  requirementsRule,
  requirementCyclesRule,
  organizationRule,
  publicRule,
  sharedOnceRule,
  keysFormRule,
  keyRegionsRule,
  managedKeyRule,
  sharedKeyRule,
  copyKeysAgreeRule,
  pointerPatternsRule,
  pointerNamesRule,
  pointerFilesRule,
  targetsRule,
  stateRule,
  regionBucketRule,
  regionPrefixRule,
  regionPlaceRule,
  regionFilesRule,
  regionServiceRule,
  regionKeysRule,
  regionValuesRule,
  regionValuesUsedRule,
  regionPathsRule,
];
