import { defineConfig } from 'ami-bake';

// An example that is really baked: `bake base --sandbox`, then `bake service api worker --sandbox`, makes these three images on this machine.
export default defineConfig({
  // First part of every AMI name (`acme/api/2026.11.20.1-x86_64`), so two teams in one account do not meet.
  project: 'acme',
  // Images are baked here. Other regions and accounts get copies by promotion.
  region: 'us-east-1',

  // On every image and snapshot. Part of no fingerprint: a new tag bakes nothing again.
  tags: {
    team: 'platform',
    'cost-centre': '4711',
  },

  // Where images and their configuration are brought to. Without an account, that of the credentials.
  channels: {
    staging: {
      targets: [{ regions: ['us-east-1', 'eu-west-1'] }],
      // Where consumers look up the current image: an SSM parameter in each target.
      pointers: { parameter: '/{project}/{channel}/{image}' },
    },
    prod: {
      // The version that staging holds and no other, where its instances find all that they load.
      requires: { channels: ['staging'], regionConfig: true },
      targets: [
        { regions: ['us-east-1', 'eu-west-1', 'ap-southeast-2'] },
        // Another account, which owns a copy of its own. The role is assumed there.
        {
          account: '222233334444',
          role: 'arn:aws:iam::222233334444:role/bake',
          regions: ['eu-west-1'],
          mode: 'copy',
        },
      ],
      pointers: { parameter: '/{project}/{channel}/{image}' },
      // After the bake; not after the promotion, so that promoting again moves no date.
      deprecateAfter: '180d',
    },
  },

  images: {
    // Starts from an AMI of somebody else. The alias also names the owner, which is checked; the id that it
    // stands for is pinned in bake.lock.json, so the same checkout bakes the same image next month.
    base: {
      source: 'debian:12',
      architectures: ['x86_64'],
      // In this order. Each is a folder of layers/: files laid over `/`, then scripts.
      layers: ['base', 'ssh'],
      // What templates (`*.hbs`) print and scripts find as `BAKE_VAR_<name>`. Children inherit them.
      variables: {
        journalMaxUse: '500M',
      },
      // Nothing regional is in an image: instances load it from the bucket of their own region. Children inherit where that is.
      regionConfig: {
        bucket: 'acme-config-{account}-{region}',
      },
    },

    // Starts from the newest fitting `base`. When base changes, `bake service api --with-parents` bakes base and then this one.
    api: {
      parent: 'base',
      layers: ['nginx', 'api'],
      variables: {
        serverName: 'flags.acme.example',
        httpPort: 80,
        // Load balancers that may say for whom they ask: the private ranges of our VPCs.
        trustedProxies: ['10.0.0.0/8', '172.16.0.0/12'],
        requestsPerSecond: 20,
        apiWorkers: 8,
        apiMaxFlags: 10_000,
      },
      // Published by `bake region-config push api`; changing a value bakes nothing.
      regionConfig: {
        // May read the bucket; somebody with IAM's permissions makes it once.
        instanceProfile: 'acme-api',
        service: 'api.service',
        group: 'api',
        files: { 'endpoints.ini': 'region-config/api/endpoints.ini.hbs' },
        values: {
          log: { level: 'info' },
          flags: { darkMode: true, newCheckout: false },
          // A reference: the password itself stays in Secrets Manager.
          database: { port: 5432, name: 'flags', password: 'secretsmanager:acme/api/database' },
          cache: { port: 6379, ttlSeconds: 30 },
        },
        regionValues: {
          'us-east-1': {
            database: { host: 'flags-db.us-east-1.acme.example' },
            cache: { host: 'flags-cache.us-east-1.acme.example' },
          },
          'eu-west-1': {
            database: { host: 'flags-db.eu-west-1.acme.example' },
            cache: { host: 'flags-cache.eu-west-1.acme.example' },
            flags: { newCheckout: true },
          },
          'ap-southeast-2': {
            database: { host: 'flags-db.ap-southeast-2.acme.example' },
            cache: { host: 'flags-cache.ap-southeast-2.acme.example' },
          },
        },
        required: ['database.host', 'cache.host', 'log.level'],
        secrets: ['database.password'],
      },
    },

    worker: {
      parent: 'base',
      layers: ['worker'],
      variables: {
        workerPollSeconds: 15,
        workerMaxAttempts: 3,
        workerTaskSeconds: 60,
      },
    },
  },
});
