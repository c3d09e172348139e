import { command, UsageError } from '../command.ts';
import { findTask, originOf, sandboxOf } from '../find-task.ts';
import { clusterOptions, withMaster } from '../master-option.ts';
import { write } from '../output.ts';

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
address of the agent, null while that is not registered; 'sandbox' the path of its files endpoints.`,
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
        );
        const agent = (await originOf(client, task.agent_id.value)) ?? null;
        found.push({ ...task, ...(executor && { executor: executor.executor_info }), agent, sandbox: sandboxOf(task) });
      }
      await write('stdout', `${JSON.stringify(found, null, 2)}\n`);
      return 0;
    });
  },
});
