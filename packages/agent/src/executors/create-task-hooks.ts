import { createHooks } from '@meseta/executor';
import type { TaskHooks } from '@meseta/tasks';
import type { Logger } from '@meseta/telemetry';
import type { AgentFlags } from '../flags.ts';

/**
 * Creates the lifecycle hooks of `--executor_hooks`; undefined without the flag. The flag and
 * `--executor_environment_variables` give the variables that a stand-alone executor would find in its environment.
 *
 * @param ip of the machine. @throws when a module does not load.
 */
export async function createTaskHooks(flags: AgentFlags, ip: string, log: Logger): Promise<TaskHooks | undefined> {
  if (flags.executor_hooks === undefined) return undefined;
  const { settings, environment } = flags.executor_hooks;
  const common = flags.executor_environment_variables as Record<string, string> | undefined;
  return createHooks(settings, {
    environment: { PATH: process.env.PATH, LIBPROCESS_IP: ip, ...common, ...environment },
    onOutput: (hook, line, task) => log.info(line, { hook, task_id: task?.info?.task_id.value }),
    onProblem: (error, task) => log.warning('A hook failed', { error, task_id: task.info?.task_id.value }),
  });
}
