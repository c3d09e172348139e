import { command, UsageError } from '../command.ts';
import { findTask } from '../find-task.ts';
import { clusterOptions, withMaster } from '../master-option.ts';

export default command({
  name: 'task kill',
  summary: 'Kill a task, as its framework would',
  arguments: 'TASK',
  options: {
    ...clusterOptions,
    framework: { type: 'string', value: 'ID', help: 'The framework, where several have such a task' },
  },
  notes:
    'The framework learns of it by the status update and may start the task again. An Apache Mesos master has no such call.',
  run: ({ master, json, framework }, [id]) =>
    withMaster(master, async client => {
      if (id === undefined) throw new UsageError('Which task? Give its id');
      const task = await findTask(client, id, framework);
      const form = new URLSearchParams({ frameworkId: task.framework_id.value, taskId: task.task_id.value });
      const headers = { 'Content-Type': 'application/x-www-form-urlencoded' };
      const response = await client.http.request('POST', '/kill-task', { headers, body: form.toString() });
      const answer = (await response.bytes()).toString();
      if (response.status !== 202) {
        process.stderr.write(`The master refused to kill ${task.task_id.value}: ${response.status} ${answer}\n`);
        return 1;
      }
      const { framework_id, task_id, agent_id } = task;
      if (json) process.stdout.write(`${JSON.stringify({ framework_id, task_id, agent_id })}\n`);
      return 0;
    }),
});
