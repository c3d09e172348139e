import { type ExitStatus, signalName } from '@meseta/containers';

/** How a process ended, as fields of a log line: `exit_status=3`, `signal=SIGKILL`, or that it is not known. */
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
