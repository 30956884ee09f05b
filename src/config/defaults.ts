/** What holds where nothing is written; documented in docs/config.md. */
export const DEFAULTS = {
  version: '{yyyy}.{mm}.{dd}.{n}',
  layers: './layers',
  parallel: 8,
  volumeType: 'gp3',
  instanceTypes: { x86_64: 't3.small', arm64: 't4g.small' },
  spot: false,
  communicator: 'ssh',
  publicAddress: true,
  allowedCidrs: 'auto',
  timeLimits: { connect: '5m', bake: '60m', snapshot: '30m' },
  stateKeepDays: 400,
  keep: { last: 3, days: 30, grace: '7d' },
  regionConfig: { onChange: 'reload-or-restart', policy: 'fail-closed', group: 'root', refresh: '5m', deadline: '2m' },
  ci: {
    // Not at the full hour, when everybody's jobs wait for runners.
    schedule: '17 3 * * *',
    node: '22',
    install: 'npm ci',
    command: 'npx bake',
    jobs: 'architecture',
    runsOn: 'ubuntu-latest',
    audience: 'https://gitlab.com',
  },
  artifact: { owner: 'root', group: 'root', mode: '0644' },
  channel: { approval: 'none', targetTimeLimit: '2h', snapshotCopies: 20 },
} as const;
