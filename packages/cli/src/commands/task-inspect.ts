import type { Task } from '@meseta/protocol';
import type { MasterClient } from '@meseta/scheduler';
import { wayTo } from '../agent-address.ts';
import { command, UsageError } from '../command.ts';
import { findTask, originOf, sandboxOf } from '../find-task.ts';
import { clusterOptions, withMaster } from '../master-option.ts';
import { write } from '../output.ts';
import { isLive } from '../sandbox/watch-end.ts';
import { type LiveContainer, liveContainerOf } from '../stats/live-container.ts';
import { printable } from '../table.ts';

export default command({
  name: 'task inspect',
  summary: 'Print everything that is known of a task, as JSON',
  arguments: 'TASK …',
  options: {
    master: clusterOptions.master,
    json: { ...clusterOptions.json, help: 'Print JSON, as it does anyway' },
    framework: { type: 'string', value: 'ID', help: 'The framework, where several have such a task' },
  },
  notes: `Prints an array with the master's own message of each task, its executor, and where its sandbox is: 'agent' is the
address of the agent, null while that is not registered; 'sandbox' the path of its files endpoints. 'live_container' is
what the agent tells of the container of a task that has not ended: its id, pid, networks, isolators, limits and use,
and in 'nested_containers' those in it, as of the tasks of a pod; null when there is none, or the agent does not answer.`,
  run: ({ master, framework }, words) => {
    if (words.length === 0) throw new UsageError('Which task? Give its id');
    return withMaster(master, async client => {
      const executors = (await client.call({ type: 'GET_EXECUTORS' }))?.get_executors?.executors ?? [];
      const found = [];
      for (const word of words) {
        const task = await findTask(client, word, framework);
        const executor = executors.find(
          ({ executor_info: { executor_id, framework_id }, agent_id }) =>
            executor_id.value === task.executor_id?.value &&
            framework_id?.value === task.framework_id.value &&
            agent_id.value === task.agent_id.value,
        )?.executor_info;
        const agent = (await originOf(client, task.agent_id.value)) ?? null;
        const live = isLive(task) && { live_container: await containerAt(client, agent, task) };
        found.push({ ...task, ...(executor && { executor }), agent, sandbox: sandboxOf(task), ...live });
      }
      await write('stdout', `${JSON.stringify(found, null, 2)}\n`);
      return 0;
    });
  },
});

async function containerAt(master: MasterClient, agent: string | null, task: Task): Promise<LiveContainer | null> {
  if (agent === null) return null;
  try {
    return (await liveContainerOf(await wayTo(master, task.agent_id.value, agent), task)) ?? null;
  } catch (error) {
    const why = printable((error as Error).message.trim());
    process.stderr.write(`meseta: The agent does not show the container of ${task.task_id.value}: ${why}\n`);
    return null;
  }
}
