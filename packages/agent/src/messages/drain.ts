import { DrainConfig, type KillPolicy } from '@meseta/protocol';
import type { RegisteredContext } from '../context.ts';
import { encodeLengthPrefixed } from '../disk/records.ts';
import { finishDraining } from '../draining.ts';
import { kill } from './kill-task.ts';

/**
 * Drains the agent: writes to disk that draining has started, then kills every task. It also drains when its disk is full
 * or broken, which may be the reason for draining: after a restart, the master tells the agent again.
 *
 * @param config replaces that of a draining which is under way: tasks are killed again, perhaps with less grace.
 * @see Mesos src/slave/slave.cpp, Slave::drain
 */
export function drain(context: RegisteredContext, config: DrainConfig): void {
  const { agent, clock, disk, log, paths } = context;
  log.info('Draining', { max_grace_period: config.max_grace_period?.nanoseconds, mark_gone: config.mark_gone });
  const draining = { config, startedAt: clock.now() / 1000 };
  agent.draining = draining;
  const path = paths.drainConfig(agent.id);
  disk
    .perform([{ type: 'replace', path, data: encodeLengthPrefixed(DrainConfig, config), sync: true }])
    .catch(error => log.error('Cannot write down that the agent drains; it drains all the same', { path, error }))
    .then(() => {
      if (agent.draining === draining) killAll(context, config);
    })
    .catch(context.abort);
}

/** Kills what a draining is to kill, and finishes it when that is nothing. */
export function killAll(context: RegisteredContext, { max_grace_period: most }: DrainConfig): void {
  for (const executor of [...context.agent.executors()]) {
    const framework = context.agent.frameworks.get(executor.frameworkId);
    for (const { task_id, kill_policy } of [...executor.launchedTasks.values(), ...executor.queuedTasks.values()]) {
      if (framework) kill(context, framework, task_id.value, shorter(kill_policy, most));
    }
  }
  finishDraining(context);
}

/** The kill policy in place of a task's own; undefined when that is to stay. */
function shorter(own: KillPolicy | undefined, most: DrainConfig['max_grace_period']): KillPolicy | undefined {
  const grace = own?.grace_period?.nanoseconds;
  return most && (grace === undefined || most.nanoseconds < grace) ? { grace_period: most } : undefined;
}
