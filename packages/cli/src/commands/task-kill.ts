import { command, UsageError } from '../command.ts';
import { findTask } from '../find-task.ts';
import { clusterOptions, withMaster } from '../master-option.ts';
import { write } from '../output.ts';
import { printable } from '../table.ts';

export default command({
  name: 'task kill',
  summary: 'Kill a task, as its framework would',
  arguments: 'TASK',
  options: {
    ...clusterOptions,
    framework: { type: 'string', value: 'ID', help: 'The framework, where several have such a task' },
    quiet: { type: 'boolean', short: 'q', help: 'Do not print the id of the task' },
  },
  notes:
    'Prints the id of the task. The framework learns of it by the status update and may start the task again. An Apache\nMesos master has no such call.',
  run: ({ master, json, framework, quiet }, [word, extra]) => {
    if (word === undefined) throw new UsageError('Which task? Give its id');
    if (extra !== undefined) throw new UsageError(`'${extra}' is one word too many; kill one task at a time`);
    return withMaster(master, async client => {
      const task = await findTask(client, word, framework);
      const form = new URLSearchParams({ frameworkId: task.framework_id.value, taskId: task.task_id.value });
      const headers = { 'Content-Type': 'application/x-www-form-urlencoded' };
      const response = await client.http.request('POST', '/kill-task', { headers, body: form.toString() });
      const answer = (await response.bytes()).toString();
      const { framework_id, task_id, agent_id } = task;
      if (response.status !== 202) throw new KillRefusedError(task_id.value, task.state, response.status, answer);
      const text = json ? JSON.stringify({ framework_id, task_id, agent_id }) : printable(task_id.value);
      if (json || !quiet) await write('stdout', `${text}\n`);
      return 0;
    });
  },
});

/** The master does not kill the task. */
class KillRefusedError extends Error {
  override readonly name = 'KillRefusedError';
  readonly code = 'KILL_REFUSED';

  constructor(id: string, state: string, status: number, answer: string) {
    const ended = status === 400 && /^No (framework|task) found/.test(answer);
    super(
      ended
        ? `Task ${id} has ended already: ${state}`
        : `The master refused to kill ${id}: ${answer.trim()} (${status})`,
    );
  }
}
