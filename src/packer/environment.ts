type Environment = Readonly<Record<string, string | undefined>>;

/** Variables that would switch on what we do not ask for: HCP's registry, another's settings, template variables. */
const DROPPED = /^(?:HCP_|PKR_VAR_|PACKER_(?!PLUGIN_PATH$|CACHE_DIR$|CONFIG_DIR$|GITHUB_API_TOKEN$))/;

/** The environment that Packer runs in: the caller's, less what changes a build unseen, with the run's on top. */
export function packerEnvironment(
  inherited: Environment,
  given: Readonly<Record<string, string>>,
): Record<string, string> {
  const kept = Object.entries(inherited).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && !DROPPED.test(entry[0]),
  );
  return {
    ...Object.fromEntries(kept),
    // No telemetry and no look for updates in a job that runs at night.
    CHECKPOINT_DISABLE: '1',
    PACKER_NO_COLOR: '1',
    ...given,
  };
}
