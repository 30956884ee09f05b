import { createWriteStream } from 'node:fs';
import type { LogFile } from './effects.ts';

/** A log that is written as it comes, each line masked. When the disk is full the log ends; the bake does not. */
export function createLogFile(path: string, mask: (line: string) => string): LogFile {
  const stream = createWriteStream(path, { flags: 'a', mode: 0o600 });
  stream.on('error', () => stream.destroy());
  return {
    path,
    line: (text) => {
      if (!stream.destroyed) stream.write(`${mask(text)}\n`);
    },
    close: () =>
      new Promise((resolve) => {
        if (stream.destroyed) resolve();
        else stream.end(() => resolve());
      }),
  };
}
