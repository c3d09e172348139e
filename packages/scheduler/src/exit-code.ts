/** Exit codes of commands in containers, as shells and Docker have them. Pure. */

/** Returns the exit code of a wait status: that of the command, or 128 and the signal that ended it. */
export function exitCodeOfStatus(status: number): number {
  const signal = status & 0x7f;
  return signal === 0 ? (status >> 8) & 0xff : 128 + signal;
}

const [notExecutable, notFound] = [126, 127];

const refusals: Readonly<Record<string, number>> = {
  CONTAINER_PROGRAM_NOT_FOUND: notFound,
  CONTAINER_PROGRAM_NOT_EXECUTABLE: notExecutable,
};

/** Returns the exit code of a command that an agent could not run. @param reason its error code. @returns undefined: it was refused. */
export function exitCodeOfRefusal(reason: string | undefined): number | undefined {
  return refusals[reason ?? ''];
}
