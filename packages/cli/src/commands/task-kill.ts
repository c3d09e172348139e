import type { Task } from '@meseta/protocol';
import type { MasterClient } from '@meseta/scheduler';
import { command, UsageError } from '../command.ts';
import { findTask } from '../find-task.ts';
import { clusterOptions, withMaster } from '../master-option.ts';
import { write } from '../output.ts';
import { printable } from '../table.ts';

export default command({
  name: 'task kill',
  summary: 'Kill tasks, as their frameworks would',
  arguments: 'TASK …',
  options: {
    ...clusterOptions,
    framework: { type: 'string', value: 'ID', help: 'The framework, where several have such a task' },
    quiet: { type: 'boolean', short: 'q', help: 'Do not print the ids of the tasks' },
  },
  notes:
    'Prints the id of each task. The framework learns of it by the status update and may start the task again. An Apache\nMesos master has no such call.',
  run: ({ master, json, framework, quiet }, words) => {
    if (words.length === 0) throw new UsageError('Which task? Give its id');
    return withMaster(master, async client => {
      // All tasks are looked up before the first is killed, so that a mistyped id has no effect.
      const tasks: Task[] = [];
      for (const word of words) tasks.push(await findTask(client, word, framework));
      for (const task of tasks) {
        await kill(client, task);
        const { framework_id, task_id, agent_id } = task;
        const text = json ? JSON.stringify({ framework_id, task_id, agent_id }) : printable(task_id.value);
        if (json || !quiet) await write('stdout', `${text}\n`);
      }
      return 0;
    });
  },
});

/** @throws {KillRefusedError} */
async function kill({ http }: MasterClient, { framework_id, task_id, state }: Task): Promise<void> {
  const form = new URLSearchParams({ frameworkId: framework_id.value, taskId: task_id.value });
  const headers = { 'Content-Type': 'application/x-www-form-urlencoded' };
  const response = await http.request('POST', '/kill-task', { headers, body: form.toString() });
  const answer = (await response.bytes()).toString();
  if (response.status !== 202) throw new KillRefusedError(task_id.value, state, response.status, answer);
}

/** The master refused to kill the task. */
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
