import { fileURLToPath } from 'node:url';

/**
 * The path of `mesos-executor`: the stand-alone executor as Mesos's executor of command tasks, which programs of external
 * containerizers start.
 */
export const commandExecutorPath: string = fileURLToPath(new URL('../../libexec/mesos-executor', import.meta.url));
