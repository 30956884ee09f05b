import { NAME_RULE, parseLayerName } from '../../model/ids.ts';
import type { WrittenArtifact } from '../artifact-schema.ts';
import { type Path, show } from '../problems.ts';
import type { RuleContext } from '../rules.ts';
import type { WrittenConfig } from '../schema.ts';

/** What is there is gone when the machine stops, removed at the end of the bake, or the bake's own. */
const NOT_KEPT = /^\/(?:proc|sys|dev|run|var\/run|tmp|var\/tmp|var\/lib\/bake-build|usr\/lib\/bake)(?:\/|$)/;

export function artifactSourcesRule({ written, report }: RuleContext): void {
  for (const { path, name, artifact } of artifactsIn(written)) {
    if (parseLayerName(name) === undefined) {
      report(path, `${show(name)} is not the name of an artefact; names are ${NAME_RULE}`);
    }
    const sources = [artifact.path, artifact.s3, artifact.url].filter((source) => source !== undefined);
    if (sources.length !== 1) report(path, 'needs one of path, s3 and url, and not more than one');
    else if (artifact.url !== undefined && artifact.sha256 === undefined) {
      report([...path, 'sha256'], 'is required with a url, which may serve something else tomorrow');
    }
  }
}

export function artifactPlacesRule({ written, report }: RuleContext): void {
  const all = artifactsIn(written);
  for (const [position, { path, image, name, artifact }] of all.entries()) {
    const at = [...path, 'destination'];
    const { destination } = artifact;
    if (NOT_KEPT.test(destination)) report(at, `${show(destination)} is in no image: what is there does not stay`);
    for (const other of all.slice(0, position)) {
      if (other.image !== image) continue;
      const there = other.artifact.destination;
      if (there === destination) report(at, `${show(destination)} is that of ${other.name} too`);
      else if (isBelow(destination, there) || isBelow(there, destination)) {
        report(at, `${show(destination)} of ${name} and ${show(there)} of ${other.name} cannot both be files`);
      }
    }
  }
}

export const isBelow = (path: string, folder: string): boolean => path.startsWith(`${folder}/`);

interface Found {
  readonly path: Path;
  readonly image: string;
  readonly name: string;
  readonly artifact: WrittenArtifact;
}

function artifactsIn({ images }: WrittenConfig): readonly Found[] {
  return Object.entries(images).flatMap(([image, { artifacts = {} }]) =>
    Object.entries(artifacts).map(([name, artifact]) => {
      return { path: ['images', image, 'artifacts', name], image, name, artifact };
    }),
  );
}
