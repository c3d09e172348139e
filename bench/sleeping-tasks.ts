import { commandTask, taskCpus } from './framework.ts';
import type { NamedTask, OneAgent } from './one-agent.ts';

const sleeping: NamedTask = name => commandTask(name, '/bin/sleep', '3600');

/** Launches tasks that sleep, and waits until all of them run. @param task makes one of a name. */
export async function launchSleeping({ framework }: OneAgent, count: number, task = sleeping): Promise<void> {
  const { promise: running, resolve, reject } = Promise.withResolvers<void>();
  let left = count;
  framework.onStatus = ({ state, message, task_id }) => {
    if (state === 'TASK_RUNNING' && --left === 0) resolve();
    else if (state !== 'TASK_RUNNING' && state !== 'TASK_STARTING') reject(new Error(`${task_id.value}: ${message}`));
  };
  const offers = await framework.offered(count * taskCpus);
  framework.launch(
    offers,
    Array.from({ length: count }, (_, i) => task(`sleep-${i}`)),
  );
  await running;
}

/** Kills what {@link launchSleeping} has launched last, and waits until each is TASK_KILLED. */
export async function killSleeping({ framework }: OneAgent, count: number): Promise<void> {
  const { promise: killed, resolve, reject } = Promise.withResolvers<void>();
  let left = count;
  framework.onStatus = ({ state, message, task_id }) => {
    if (state !== 'TASK_KILLED') reject(new Error(`${task_id.value} is ${state}: ${message}`));
    else if (--left === 0) resolve();
  };
  for (let i = 0; i < count; i++) framework.call({ type: 'KILL', kill: { task_id: { value: `sleep-${i}` } } });
  await killed;
}
