import type { CiSettings, Pipeline, PipelineJob } from '../model/ci.ts';
import { lineage, parentOf } from '../model/graph.ts';
import type { Architecture, ImageName } from '../model/ids.ts';
import type { Config, Image } from '../model/image.ts';

/** For the checkout, the installation, the reservation, tags and records, and the clean-up after a time limit. */
const MINUTES_BESIDE = 15;

export type Place = Pick<Pipeline, 'folder' | 'file' | 'madeBy'>;

/** The image graph as jobs. The order in which images are written makes no difference, so that moving one is no drift. */
export function planPipeline({ project, region, images }: Config, settings: CiSettings, place: Place): Pipeline {
  const depth = (image: Image) => lineage(images, image.name).length;
  const ordered = [...images.values()].sort((a, b) => depth(a) - depth(b) || (a.name < b.name ? -1 : 1));
  const jobs = ordered.flatMap((image) => {
    if (settings.jobs === 'image') return [jobOf(image, image.architectures, 'all')];
    return image.architectures.toSorted().map((architecture) => jobOf(image, [architecture], architecture));
  });
  return { ...place, project, region, settings, jobs };
}

function jobOf(image: Image, architectures: readonly Architecture[], part: Architecture | 'all'): PipelineJob {
  const parent = parentOf(image);
  const { connect, bake, snapshot } = image.build.timeLimits;
  return {
    image: image.name,
    kind: image.origin.kind,
    architectures,
    name: jobName(image.name, part),
    // A child has no other architectures than its parent, so this job is there.
    needs: parent === undefined ? [] : [jobName(parent, part)],
    minutes: Math.ceil((connect + bake + snapshot) / 60) + MINUTES_BESIDE,
  };
}

const jobName = (image: ImageName, part: Architecture | 'all'): string => `${image}/${part}`;
