/** What holds where nothing is written; documented in docs/config.md. */
export const DEFAULTS = {
  version: '{yyyy}.{mm}.{dd}.{n}',
  layers: './layers',
  volumeType: 'gp3',
  instanceTypes: { x86_64: 't3.small', arm64: 't4g.small' },
  spot: false,
  communicator: 'ssh',
  publicAddress: true,
  allowedCidrs: 'auto',
  timeLimits: { connect: '5m', bake: '60m', snapshot: '30m' },
  stateKeepDays: 400,
  regionConfig: { onChange: 'reload-or-restart', policy: 'fail-closed', group: 'root', refresh: '5m', deadline: '2m' },
  channel: { approval: 'none', targetTimeLimit: '2h', snapshotCopies: 20 },
} as const;
