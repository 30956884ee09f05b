import { BakeError } from '../model/errors.ts';

export function missingTool(name: string, what: string): BakeError {
  return new BakeError({
    code: 'tool-missing',
    message: `${name} (${what}) is not on PATH, and machines under trial are reached with it`,
    hint: `Install the ${what}.`,
    blame: 'user',
  });
}

export function sessionManagerMissing(name: string, what: string): BakeError {
  return new BakeError({
    code: 'tool-missing',
    message: `${name} (${what}) is not on PATH, and build.communicator is session-manager`,
    hint: 'Install the AWS CLI and its session-manager-plugin, or set build.communicator: ssh.',
    blame: 'user',
  });
}
