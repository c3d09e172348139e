/** A call of one of a module's commands. */
export interface CommandCall {
  /** As configured: one executable, searched in PATH. */
  readonly command: string;
  readonly method: string;
  /** One line of JSON. */
  readonly input: string;
  readonly timeoutMs: number;
  /** Aborted when nobody wants the answer any longer: the call then rejects at once, the command is killed. */
  readonly signal?: AbortSignal;
}

/** What a command answered: text that is yet to be parsed, or a value that came as JSON. */
export type Answer = { readonly text: string } | { readonly value: unknown };

/** Runs commands, in one of the modes of `mode=`. */
export interface CommandRunner {
  /** @throws {CommandError} */
  run(call: CommandCall): Promise<Answer>;
  /** Ends what runs. */
  close(): Promise<void>;
}
