import { expect, test } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { configToJson } from '../../src/config/to-json.ts';
import { projectWith } from './project.ts';

const FILES = {
  'images/bake.config.yaml': `
project: acme
region: eu-west-1
layers: ../layers
templates: ./templates
images:
  base: { source: { name: 'golden-*', owner: '123456789012' }, layers: [base], build: { sshUser: admin } }
  api: { parent: base, rootVolume: { sizeGiB: 20, kmsKey: alias/images }, build: { timeLimits: { bake: 2h } } }
sandbox:
  images: { al2023: ../al2023.qcow2, 'rhel:9': { url: 'https://images.example/9.qcow2', sha256: '${'AB'.repeat(32)}', sshUser: cloud-user } }
`,
  'images/templates/README.md': '',
  'layers/base/files/etc/motd': 'hello\n',
};

test('is the resolved configuration, with paths from the root', async () => {
  await using project = await projectWith(FILES);
  const config = await loadConfig({ cwd: `${project.root}/images` });
  const { file, root, ...rest } = configToJson(config) as Record<string, unknown>;
  expect([file, root]).toEqual([`${project.root}/images/bake.config.yaml`, `${project.root}/images`]);
  expect(JSON.parse(JSON.stringify(rest))).toEqual(rest);
  expect(JSON.stringify(rest, undefined, 2)).toMatchInlineSnapshot(`
    "{
      "version": 1,
      "project": "acme",
      "region": "eu-west-1",
      "versionScheme": "{yyyy}.{mm}.{dd}.{n}",
      "limits": {
        "parallel": 8
      },
      "layersDir": "../layers",
      "templatesDir": "templates",
      "sandboxImages": {
        "al2023": {
          "from": {
            "file": "../al2023.qcow2"
          }
        },
        "rhel:9": {
          "from": {
            "url": "https://images.example/9.qcow2"
          },
          "checksum": {
            "algorithm": "sha256",
            "checksum": "abababababababababababababababababababababababababababababababab"
          },
          "sshUser": "cloud-user"
        }
      },
      "channels": {},
      "images": {
        "base": {
          "name": "base",
          "origin": {
            "kind": "base",
            "source": {
              "by": "filter",
              "name": "golden-*",
              "owner": "123456789012"
            }
          },
          "architectures": [
            "x86_64"
          ],
          "layers": [
            "base"
          ],
          "variables": {},
          "tags": {},
          "rootVolume": {
            "type": "gp3"
          },
          "build": {
            "region": "eu-west-1",
            "network": {
              "subnets": [],
              "publicAddress": true,
              "allowedCidrs": "auto"
            },
            "instanceTypes": {
              "x86_64": [
                "t3.small"
              ],
              "arm64": [
                "t4g.small"
              ]
            },
            "spot": false,
            "communicator": "ssh",
            "sshUser": "admin",
            "timeLimits": {
              "connect": 300,
              "bake": 3600,
              "snapshot": 1800
            }
          }
        },
        "api": {
          "name": "api",
          "origin": {
            "kind": "service",
            "parent": "base"
          },
          "architectures": [
            "x86_64"
          ],
          "layers": [],
          "variables": {},
          "tags": {},
          "rootVolume": {
            "sizeGiB": 20,
            "type": "gp3",
            "encrypted": true,
            "kmsKey": "alias/images"
          },
          "build": {
            "region": "eu-west-1",
            "network": {
              "subnets": [],
              "publicAddress": true,
              "allowedCidrs": "auto"
            },
            "instanceTypes": {
              "x86_64": [
                "t3.small"
              ],
              "arm64": [
                "t4g.small"
              ]
            },
            "spot": false,
            "communicator": "ssh",
            "sshUser": "admin",
            "timeLimits": {
              "connect": 300,
              "bake": 7200,
              "snapshot": 1800
            }
          }
        }
      },
      "layers": {
        "base": {
          "name": "base",
          "dir": "../layers/base",
          "description": "",
          "files": [
            {
              "source": "files/etc/motd",
              "owner": "root",
              "group": "root",
              "path": "/etc/motd",
              "type": "file",
              "mode": "0644",
              "template": false,
              "digest": "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03"
            }
          ],
          "steps": [],
          "provisionerFiles": [],
          "accept": [],
          "tests": [],
          "userData": []
        }
      }
    }"
  `);
});

test('two checkouts differ in file and root only', async () => {
  await using one = await projectWith(FILES);
  await using other = await projectWith(FILES);
  const [first, second] = await Promise.all(
    [one, other].map(async ({ root }) => configToJson(await loadConfig({ cwd: `${root}/images` }))),
  );
  const strip = (json: unknown) => ({ ...(json as object), file: '', root: '' });
  expect(strip(first)).toEqual(strip(second));
});
