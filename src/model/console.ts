/** What a terminal would do: colours, cursor movements, titles. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const ESCAPES = /\u001b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\u0007]*\u0007|[()][A-Z0-9]|[=>NOM78])/g;

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f]/g;

/** A line of a machine's output as a person would see it. */
export const plainOutput = (line: string): string => line.replaceAll(ESCAPES, '').replaceAll(CONTROLS, '').trimEnd();

/** The last lines of a machine's console that say something. */
export function lastConsoleLines(console: string, count = 15): readonly string[] {
  return console
    .split(/\r?\n|\r/)
    .map(plainOutput)
    .filter((line) => line !== '')
    .slice(-count);
}

/** The host keys that cloud-init prints on the console, as `type key`; none while it has not. */
export function hostKeysOnConsole(console: string): readonly string[] {
  const blocks = console.matchAll(/-----BEGIN SSH HOST KEY KEYS-----([\s\S]*?)-----END SSH HOST KEY KEYS-----/g);
  const [, last = ''] = [...blocks].at(-1) ?? [];
  return [...last.matchAll(/\b((?:ssh|ecdsa)-[a-z0-9-]+ AAAA[A-Za-z0-9+/=]+)/g)].map(([, key = '']) => key);
}
