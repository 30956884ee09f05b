import type { Command } from './commands.ts';
import { plainWords } from './touches.ts';

/** Commands that change what a row of the contract is about without naming its path. */
export interface Deed {
  readonly row: string;
  readonly does: (words: readonly string[], line: string) => boolean;
}

const INSTALLERS = new Set(['apt-get', 'apt', 'aptitude', 'dnf', 'yum', 'microdnf', 'rpm', 'dpkg']);
const ACCOUNT_TOOLS = new Set(['useradd', 'adduser', 'usermod', 'userdel', 'deluser', 'passwd', 'chpasswd', 'chage']);

const starts =
  (...wanted: readonly string[]) =>
  (words: readonly string[]) =>
    wanted.every((word, position) => words[position] === word);

export const DEEDS: readonly Deed[] = [
  {
    row: 'hostname',
    does: (words) => words[0] === 'hostnamectl' && /^(?:set-)?hostname$/.test(words[1] ?? '') && words.length > 2,
  },
  { row: 'timezone', does: starts('timedatectl', 'set-timezone') },
  { row: 'timezone', does: (words) => words[0] === 'dpkg-reconfigure' && words.includes('tzdata') },
  { row: 'locale', does: starts('localectl', 'set-locale') },
  { row: 'locale', does: (words) => words[0] === 'update-locale' },
  { row: 'user', does: (words) => ACCOUNT_TOOLS.has(words[0] ?? '') && !isSystemAccount(words) },
  {
    row: 'pkg-up',
    does: (words) =>
      INSTALLERS.has(words[0] ?? '') &&
      words.some((word) => /^(?:install|upgrade|dist-upgrade|full-upgrade|update|-i|-U|-Uvh)$/.test(word)) &&
      !isListUpdate(words),
  },
  { row: 'grub', does: (_, line) => /debconf-set-selections/.test(line) && /grub-pc\/install_devices/.test(line) },
];

const isSystemAccount = (words: readonly string[]) => words.some((word) => word === '--system' || word === '-r');

/** `apt-get update` fetches lists; `dnf update` upgrades. */
const isListUpdate = (words: readonly string[]) =>
  /^(?:apt|apt-get|aptitude)$/.test(words[0] ?? '') &&
  !words.some((word) => /^(?:install|upgrade|dist-upgrade|full-upgrade)$/.test(word));

/** A command that no row covers and that no override can make good. */
export interface ScriptMistake {
  readonly rule: string;
  readonly does: (words: readonly string[], line: string) => boolean;
  readonly message: string;
  readonly fix: string;
}

const IMDS = '169.254.169.254';

export const SCRIPT_MISTAKES: readonly ScriptMistake[] = [
  {
    rule: 'conf-off',
    does: (words) =>
      words[0] === 'systemctl' &&
      /^(?:disable|mask)$/.test(words.find((word, position) => position > 0 && !word.startsWith('-')) ?? '') &&
      words.some((word) =>
        /^cloud-(?:init|config|final)(?:-local|-main|-network)?(?:\.(?:service|target))?$/.test(word),
      ),
    message: 'no clone runs this part of cloud-init: no host keys, login key or user-data of its own',
    fix: 'leave the units on; take single modules away with the key that the module reads, in /etc/cloud/cloud.cfg.d',
  },
  {
    rule: 'conf-off',
    does: (words) =>
      INSTALLERS.has(words[0] ?? '') &&
      words.some((word) => /^(?:remove|purge|autoremove|erase|-r|-e)$/.test(word)) &&
      words.includes('cloud-init'),
    message: 'clones have no cloud-init: no host keys, login key or user-data of their own',
    fix: 'keep the package',
  },
  {
    rule: 'imds',
    does: (words, line) =>
      (/^ip6?tables(?:-legacy|-nft)?$/.test(words[0] ?? '') &&
        line.includes(IMDS) &&
        /\bOUTPUT\b/.test(line) &&
        /\b(?:DROP|REJECT)\b/.test(line) &&
        !/owner/.test(line)) ||
      (words[0] === 'ip' && line.includes(IMDS) && /\b(?:blackhole|unreachable|prohibit)\b/.test(line)) ||
      (words[0] === 'route' && line.includes(IMDS) && /\breject\b/.test(line)),
    message:
      'from then on nothing on the machine reaches instance metadata: cloud-init finds no login key and no user-data',
    fix: 'block it for accounts instead: iptables … -m owner ! --uid-owner root -j REJECT',
  },
];

/** What a deed is recognised by: the command's words without wrappers, and the whole pipeline up to it as one line. */
export function recognisable(command: Command, before: Command | undefined): readonly [readonly string[], string] {
  const line = [...(command.piped && before !== undefined ? before.words : []), ...command.words].join(' ');
  return [plainWords(command.words), line];
}
