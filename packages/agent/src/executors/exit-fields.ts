import { type ExitStatus, signalName } from '@meseta/containers';

/**
 * Returns how a process ended as fields of a log line: `exit_status=3`, `signal=SIGKILL`, or, for an end that is not
 * known, `exit_status=unknown`.
 */
export function exitFields(exit: ExitStatus | undefined): Readonly<Record<string, unknown>> {
  switch (exit?.kind) {
    case 'exited':
      return { exit_status: exit.code };
    case 'signaled':
      return { signal: signalName(exit.signal), ...(exit.core && { core_dumped: true }) };
    default:
      return { exit_status: exit?.kind ?? 'unknown' };
  }
}
