import type { ShellTarget } from '../run/try-effects.ts';

/** Files of one connection, in a folder of its own. */
export interface ConnectionFiles {
  readonly knownHosts: string;
  /** The socket that the commands share; short, since a socket's path has room for 104 bytes on macOS. */
  readonly control: string;
}

/** Seconds for a TCP connection and the key exchange. */
const CONNECT_LIMIT = 10;

/**
 * Options of every command. The user's own configuration is left out: a `Host *` there with another user, an agent's
 * keys or a jump host would decide about machines that it was never meant for.
 */
export function sshArguments(target: ShellTarget, files: ConnectionFiles): readonly string[] {
  const options = {
    BatchMode: 'yes',
    IdentitiesOnly: 'yes',
    PasswordAuthentication: 'no',
    // The key that the machine has printed on its console, or else the first one that it shows: addresses are used again.
    StrictHostKeyChecking: target.hostKeys.length > 0 ? 'yes' : 'accept-new',
    HostKeyAlias: target.instanceId,
    UserKnownHostsFile: files.knownHosts,
    GlobalKnownHostsFile: '/dev/null',
    ConnectTimeout: CONNECT_LIMIT,
    ServerAliveInterval: 5,
    ServerAliveCountMax: 3,
    // A handshake takes seconds on an emulated machine.
    ControlMaster: 'auto',
    ControlPath: files.control,
    ControlPersist: 60,
    LogLevel: 'ERROR',
    ...(target.communicator === 'session-manager' ? { ProxyCommand: proxyCommand(target.region) } : {}),
  };
  const flags = Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
  return ['-F', 'none', ...flags, '-i', target.keyFile, '-p', `${target.port}`, '-l', target.user, hostOf(target)];
}

/** Session Manager knows instances by id; there need be no way to the address. */
const hostOf = ({ communicator, instanceId, address }: ShellTarget): string =>
  communicator === 'session-manager' ? instanceId : address;

/** ssh hands it to a shell; %h and %p are the instance id and the port, and a region has a checked form. */
const proxyCommand = (region: string): string =>
  `aws ssm start-session --target %h --document-name AWS-StartSSHSession --parameters portNumber=%p --region ${region}`;

/** What a person types to reach the machine. */
export function loginCommand(target: ShellTarget): string {
  const proxy = target.communicator === 'session-manager' ? ` -o 'ProxyCommand=${proxyCommand(target.region)}'` : '';
  return `ssh -i ${target.keyFile} -p ${target.port}${proxy} ${target.user}@${hostOf(target)}`;
}

/** A known_hosts file with exactly the target's keys. */
export const knownHosts = ({ instanceId, hostKeys }: ShellTarget): string =>
  hostKeys.map((key) => `${instanceId} ${key}\n`).join('');
