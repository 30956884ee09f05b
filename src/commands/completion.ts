import { readFileSync } from 'node:fs';
import { packageFile } from '../setup/paths.ts';
import { type CommandIo, print } from './io.ts';

/** `bake completion`: the script for a shell; all it does is to ask `bake complete`. */
export function completion(shell: 'bash' | 'zsh' | 'fish', io: CommandIo): number {
  print(io, readFileSync(packageFile(`templates/completion/bake.${shell}`), 'utf8'));
  return 0;
}
