/** A call of one of a module's commands. */
export interface CommandCall {
  /** The configured executable, searched in PATH. */
  readonly command: string;
  readonly method: string;
  /** One line of JSON. */
  readonly input: string;
  readonly timeoutMs: number;
  /** When it is aborted, the call rejects at once and the command is killed. */
  readonly signal?: AbortSignal;
}

/** A command's answer: text that is not parsed yet, or a value that was received as JSON. */
export type Answer = { readonly text: string } | { readonly value: unknown };

/** Runs commands in one of the modes (`mode=`). */
export interface CommandRunner {
  /** @throws {CommandError} */
  run(call: CommandCall): Promise<Answer>;
  /** Ends all running commands. */
  close(): Promise<void>;
}
