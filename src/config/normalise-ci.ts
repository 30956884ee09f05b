import type { CiSettings } from '../model/ci.ts';
import type { WrittenCi } from './ci-schema.ts';
import { DEFAULTS } from './defaults.ts';

export function ciOf({
  role,
  schedule,
  node,
  install,
  command,
  jobs,
  github,
  gitlab,
  codebuild,
}: WrittenCi): CiSettings {
  const version = node ?? DEFAULTS.ci.node;
  return {
    ...(role === undefined ? {} : { role }),
    schedule: schedule ?? DEFAULTS.ci.schedule,
    node: version,
    install: install ?? DEFAULTS.ci.install,
    command: command ?? DEFAULTS.ci.command,
    jobs: jobs ?? DEFAULTS.ci.jobs,
    github: { runsOn: github?.runsOn ?? DEFAULTS.ci.runsOn },
    gitlab: {
      image: gitlab?.image ?? `node:${version}-bookworm`,
      tags: gitlab?.tags ?? [],
      audience: gitlab?.audience ?? DEFAULTS.ci.audience,
    },
    codebuild: {
      ...(codebuild?.computeType === undefined ? {} : { computeType: codebuild.computeType }),
      ...(codebuild?.image === undefined ? {} : { image: codebuild.image }),
    },
  };
}
