import { afterAll, beforeAll, expect, it } from 'vitest';
import { checksOf, type TrialReport } from '../../src/model/trial.ts';
import { eventsOf, resultOf } from '../helpers/cli.ts';
import { CliSandbox } from '../helpers/cli-sandbox.ts';

let sandbox: CliSandbox;
beforeAll(async () => {
  sandbox = await CliSandbox.up();
});
afterAll(() => sandbox?.down());

// Another kernel than the source AMI's, installed as a package as an upgrade is, and a restart into it.
const INSTALL = `#!/bin/sh
set -eu
uname -r >/var/lib/kernel-before
# An initrd with every driver there is takes an emulated machine a quarter of an hour.
echo 'MODULES=dep' >/etc/initramfs-tools/conf.d/modules
apt-get update -q
apt-get install -q -y --no-install-recommends linux-image-amd64
`;
const AFTER = `#!/bin/sh
set -eu
[ "$(uname -r)" != "$(cat /var/lib/kernel-before)" ]
uname -r >/var/lib/kernel-baked
`;
const TEST = '#!/bin/sh\nset -eu\nuname -r\n[ "$(uname -r)" = "$(cat /var/lib/kernel-baked)" ]\n';

it('bakes a kernel that a layer has installed, restarts into it in the middle, and boots it in a trial', async () => {
  await using project = await sandbox.project({
    images: { kernel: { source: 'debian:12', layers: ['kernel'] } },
    settings: { build: { timeLimits: { connect: '6m' } } },
    layers: {
      kernel: {
        'layer.yaml': 'scripts: [10-install.sh, reboot, 20-after.sh]\n',
        'scripts/10-install.sh': INSTALL,
        'scripts/20-after.sh': AFTER,
        'test/10-kernel': TEST,
      },
    },
  });
  project.patience = 1_800_000;
  const baked = await project.bake(['base', 'kernel', '--sandbox', '--json']);
  expect(resultOf(baked.stdout), baked.stdout.slice(-3000)).toMatchObject({ ok: true });
  const { code, stdout } = await project.bake(['try', 'kernel', '--sandbox', '--json']);
  const finished = eventsOf(stdout).find(({ type }) => type === 'trial-finished') as
    | { report?: TrialReport }
    | undefined;
  const lost = checksOf(finished?.report as TrialReport).filter(
    ({ check }) => !['ok', 'differs'].includes(check.status),
  );
  expect({ code, lost }).toEqual({ code: 0, lost: [] });
  expect(finished?.report?.clones[0]?.tests).toMatchObject([{ ok: true }]);
}, 2_400_000);
