import type { AccountId, ChannelName, Region } from '../../src/model/ids.ts';
import type { ExportRequest } from '../../src/render/export/request.ts';
import { amiId, imageName, PROJECT, version } from './builders.ts';

const OURS = '111122223333' as AccountId;
const THEIRS = '444455556666' as AccountId;
const US = 'us-east-1' as Region;
const EU = 'eu-west-1' as Region;

const request = (images: ExportRequest['images']): ExportRequest => ({
  project: PROJECT,
  channel: 'prod' as ChannelName,
  images,
});

/** Not in order, so that what is exported has to put it in order. */
export const EXPORT_CASES: Readonly<Record<string, ExportRequest>> = {
  one: request([
    {
      image: imageName('api'),
      version: version('2026.11.20.1'),
      amis: { [OURS]: { [US]: { x86_64: amiId(1) }, [EU]: { x86_64: amiId(2) } } },
    },
  ]),
  several: request([
    {
      image: imageName('worker-2'),
      version: version('1.4.2'),
      amis: { [OURS]: { [US]: { x86_64: amiId(3) } } },
    },
    {
      image: imageName('api'),
      version: version('2026.11.20.1'),
      amis: {
        [THEIRS]: { [EU]: { x86_64: amiId(4), arm64: amiId(5) } },
        [OURS]: { [US]: { x86_64: amiId(6), arm64: amiId(7) }, [EU]: { arm64: amiId(8), x86_64: amiId(9) } },
      },
    },
  ]),
  none: request([]),
};
