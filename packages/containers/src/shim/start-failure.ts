/** What was to be started, in words for messages. */
export interface StartWords {
  readonly file: string;
  readonly workingDirectory: string;
  /** Where standard output and error go, where the shim opens files for them. */
  readonly stdout?: string;
  readonly stderr?: string;
  /** Name of the user to switch to, if there is one. */
  readonly user?: string | undefined;
}

/**
 * Says what a shim's `failed` means.
 *
 * @param step as in the answer (see shim.pl).
 * @param reason the errno in words.
 */
export function startFailure(words: StartWords, step: string, reason: string): string {
  switch (step) {
    case 'exec':
      return `Failed to execute '${words.file}': ${reason}`;
    case 'chdir':
      return `Failed to change to directory '${words.workingDirectory}': ${reason}`;
    case 'stdout':
    case 'stderr':
      return `Failed to open '${words[step]}': ${reason}`;
    case 'user':
      return `Failed to switch ${words.user === undefined ? 'the user' : `to user '${words.user}'`}: ${reason}`;
    case 'rlimits':
      return 'Failed to set resource limits';
    case 'runtime':
      return `Failed to write the container's runtime directory: ${reason}`;
    default:
      return `Failed to ${step}: ${reason}`;
  }
}
