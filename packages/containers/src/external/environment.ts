import type { Environment } from '../environment.ts';

/** Variables of the agent that are settings of its own, and may be secret. */
const ofAgent = /^(MESOS|MESETA|LIBPROCESS)_/;

/** What the environment of the program is made from. */
export interface ProgramEnvironment {
  /** The directory of `mesos-executor`. */
  readonly libexecDirectory: string;
  /** The agent's `--work_dir`: a program that serves several agents tells them apart by it. */
  readonly workDirectory: string;
}

/**
 * Returns the environment of every command: the agent's own, as in Mesos, but without its settings, and the two variables
 * that are always there.
 *
 * @see Mesos docs/external-containerizer.md, "Additional Environment Variables"
 */
export function programEnvironment(
  own: Readonly<Record<string, string | undefined>>,
  { libexecDirectory, workDirectory }: ProgramEnvironment,
): Environment {
  const inherited = Object.entries(own).flatMap(([name, value]) =>
    value === undefined || ofAgent.test(name) ? [] : [[name, value] as const],
  );
  return {
    ...Object.fromEntries(inherited),
    MESOS_LIBEXEC_DIRECTORY: libexecDirectory,
    MESOS_WORK_DIRECTORY: workDirectory,
  };
}
