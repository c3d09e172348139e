/** What was to be started, for messages. */
export interface StartWords {
  readonly file: string;
  readonly workingDirectory: string;
  /** The files of standard output and error, when the shim opens them. */
  readonly stdin?: string | undefined;
  readonly stdout?: string;
  readonly stderr?: string;
  /** The name of the user to switch to, if any. */
  readonly user?: string | undefined;
}

/**
 * Explains a shim's `failed`.
 *
 * @param step from the answer (see shim.pl).
 * @param reason the text of the errno.
 */
export function startFailure(words: StartWords, step: string, reason: string): string {
  switch (step) {
    case 'exec':
      return `Failed to execute '${words.file}': ${reason}`;
    case 'chdir':
      return `Failed to change to directory '${words.workingDirectory}': ${reason}`;
    case 'stdin':
    case 'stdout':
    case 'stderr':
      return `Failed to open '${words[step]}': ${reason}`;
    case 'terminal':
      return `Failed to make '${words.stdin}' its controlling terminal: ${reason}`;
    case 'user':
      return `Failed to switch ${words.user === undefined ? 'the user' : `to user '${words.user}'`}: ${reason}`;
    case 'conceal':
      return `Failed to make a session keyring: ${reason}`;
    case 'rlimits':
      return 'Failed to set resource limits';
    case 'runtime':
      return `Failed to write the container's runtime directory: ${reason}`;
    default:
      return `Failed to ${step}: ${reason}`;
  }
}
