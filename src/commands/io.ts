/** What a command may know of the process it runs in. */
export interface CommandIo {
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  /** Aborted by Ctrl-C and SIGTERM, with an `interrupted` error as its reason. */
  readonly signal: AbortSignal;
}

/** Options that every verb has. */
export interface CommonOptions {
  readonly config?: string;
  readonly sandbox?: boolean;
  readonly json?: boolean;
}

/** A result: text for people, or the one JSON document. */
export function print(io: CommandIo, text: string): void {
  io.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
}

export const printJson = (io: CommandIo, document: unknown): void => print(io, JSON.stringify(document, null, 2));

/** Width of the terminal that results are printed on; undefined where it is a file or a pipe. */
export const columnsOf = (io: CommandIo): number | undefined => (io.stdout.isTTY ? io.stdout.columns : undefined);

/** Where the configuration is looked for. */
export const configOption = (options: CommonOptions, io: CommandIo) => ({
  cwd: io.cwd,
  env: io.env,
  ...(options.config === undefined ? {} : { file: options.config }),
});
