import { HttpAnswerError } from '@meseta/process';
import type { MasterClient } from '@meseta/scheduler';
import { command, UsageError } from '../command.ts';
import { findTask, LookupError, named } from '../find-task.ts';
import { clusterOptions, withMaster } from '../master-option.ts';
import { write } from '../output.ts';
import { printable } from '../table.ts';
import { readDuration } from '../times.ts';
import { notLaunched } from '../waiting-tasks.ts';

export default command({
  name: 'task kill',
  summary: 'Kill tasks, as their frameworks would',
  arguments: 'TASK …',
  options: {
    ...clusterOptions,
    framework: { type: 'string', value: 'ID', help: 'The framework, where several have such a task' },
    grace: {
      type: 'string',
      value: 'DURATION',
      help: 'How long they have to end by themselves, such as 30s; 0s kills at once (default: what each task says)',
    },
    quiet: { type: 'boolean', short: 'q', help: 'Do not print the ids of the tasks' },
  },
  notes:
    'Prints the id of each task whose kill the master has taken. The framework learns of it by the status update and may start\nthe task again. The exit code is 1 when a task cannot be killed; the others are. An Apache Mesos master has no such call.',
  run: ({ master, json, framework, grace, quiet }, words) => {
    if (words.length === 0) throw new UsageError('Which task? Give its id');
    const graceMs = grace === undefined ? undefined : readDuration('--grace', grace);
    return withMaster(master, async client => {
      // All tasks are looked up before the first is killed, so that a mistyped id has no effect.
      const tasks: Found[] = [];
      for (const word of words) tasks.push(await find(client, word, framework));
      let code = 0;
      for (const task of tasks) {
        const taken = await kill(client, task, graceMs);
        if ('problem' in taken) {
          process.stderr.write(`meseta task kill: ${taken.problem}\n`);
          code = 1;
          continue;
        }
        // That of an agent that is away.
        if (taken.sent === false && !quiet) process.stderr.write(`meseta task kill: ${taken.message}\n`);
        const { frameworkId, taskId, agentId } = task;
        const ids = {
          framework_id: { value: frameworkId },
          task_id: { value: taskId },
          ...(agentId !== undefined && { agent_id: { value: agentId } }),
        };
        if (json || !quiet) await write('stdout', `${json ? JSON.stringify(ids) : printable(taskId)}\n`);
      }
      return code;
    });
  },
});

/** A task to kill. */
interface Found {
  readonly frameworkId: string;
  readonly taskId: string;
  /** Undefined before its launch. */
  readonly agentId?: string;
}

/** Finds a task, also one that waits for resources. @throws {LookupError} */
async function find(client: MasterClient, word: string, framework: string | undefined): Promise<Found> {
  try {
    const { framework_id, task_id, agent_id } = await findTask(client, word, framework);
    return { frameworkId: framework_id.value, taskId: task_id.value, agentId: agent_id.value };
  } catch (error) {
    if (!(error instanceof LookupError)) throw error;
    const all = await notLaunched(client).catch(() => []); // a master of Apache Mesos has none
    const waiting = all.filter(
      ({ state, framework_id }) => state === 'WAITING' && (framework ?? framework_id) === framework_id,
    );
    const [task, ...others] = named([waiting], word, ({ task_id }) => [task_id]);
    if (!task || others.length > 0) throw error;
    return { frameworkId: task.framework_id, taskId: task.task_id };
  }
}

/** What the master says of a kill that it has taken; or why it has not. */
type Taken = { readonly message: string; readonly sent?: boolean } | { readonly problem: string };

async function kill(
  { http }: MasterClient,
  { frameworkId, taskId }: Found,
  graceMs: number | undefined,
): Promise<Taken> {
  const policy = graceMs !== undefined && { kill_policy: { grace_period: `${graceMs}ms` } };
  try {
    return (await http.post('/tasks/kill', { framework_id: frameworkId, task_id: taskId, ...policy })) as Taken;
  } catch (error) {
    if (!(error instanceof HttpAnswerError)) throw error;
    if (error.status === 404 && error.reason === undefined)
      return { problem: 'the master cannot kill tasks for operators' };
    return { problem: error.message };
  }
}
