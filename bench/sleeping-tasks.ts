import { commandTask, taskCpus } from './framework.ts';
import type { OneAgent } from './one-agent.ts';

/** Launches tasks that sleep, and waits until all of them run. */
export async function launchSleeping({ framework }: OneAgent, count: number): Promise<void> {
  const { promise: running, resolve, reject } = Promise.withResolvers<void>();
  let left = count;
  framework.onStatus = ({ state, message, task_id }) => {
    if (state === 'TASK_RUNNING' && --left === 0) resolve();
    else if (state !== 'TASK_RUNNING' && state !== 'TASK_STARTING') reject(new Error(`${task_id.value}: ${message}`));
  };
  const offers = await framework.offered(count * taskCpus);
  framework.launch(
    offers,
    Array.from({ length: count }, (_, i) => commandTask(`sleep-${i}`, '/bin/sleep', '3600')),
  );
  await running;
}
