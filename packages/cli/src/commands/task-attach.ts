import { HttpAnswerError } from '@meseta/process';
import type { Task } from '@meseta/protocol';
import type { MasterClient } from '@meseta/scheduler';
import { attach } from '../attach/attach.ts';
import { defaultDetachKeys, parseDetachKeys } from '../attach/detach-keys.ts';
import { codeOfEnd } from '../attach/exit-code.ts';
import { detachOption } from '../attach/options.ts';
import { containerOfTask } from '../attach/task-container.ts';
import { command, UsageError } from '../command.ts';
import { findTask, LookupError } from '../find-task.ts';
import { clusterOptions, withMaster } from '../master-option.ts';
import type { Masters } from '../masters.ts';
import { write } from '../output.ts';
import { endStatusOf } from '../run/end-status.ts';
import { exitCodeOf } from '../run/exit-code.ts';
import { printLog } from '../sandbox/task-log.ts';
import { isLive, untilEnded } from '../sandbox/watch-end.ts';

/** How Mesos's agents say that a container has no terminal. */
const withoutTerminal = 'I/O switchboard server was disabled for this container';

export default command({
  name: 'task attach',
  summary: 'Connect to the terminal of a task',
  arguments: '[TASK]',
  options: {
    'no-stdin': { type: 'boolean', help: 'Output only' },
    ...detachOption,
    framework: { type: 'string', value: 'ID', help: 'The framework, where several have such a task' },
    master: clusterOptions.master,
  },
  notes: `Without TASK, it connects to the only one that runs. Ctrl-P Ctrl-Q detaches, and the task goes on. When it ends, the exit
code is its own. Of a task without a terminal, the output is shown from now on; Ctrl-C ends that.`,
  run: (values, [word, extra]) => {
    if (extra !== undefined) throw new UsageError(`Unexpected argument '${extra}'`);
    const detachKeys = parseDetachKeys(values['detach-keys'] ?? defaultDetachKeys);
    return withMaster(values.master, async (master, masters) => {
      const task = word === undefined ? await onlyTask(master) : await findTask(master, word, values.framework);
      const { container, streams } = await containerOfTask(master, task);
      const types = !values['no-stdin'] && process.stdin.isTTY === true;
      try {
        const end = await attach({
          ...{ streams, container, detachKeys, redraws: true },
          hasTerminal: types,
          input: types ? 'keys' : 'unused',
          open: signal => streams.attachOutput(container, signal),
        });
        if (end !== 'ended') {
          if (end === 'detached') process.stderr.write(`\r\nmeseta: detached from ${task.task_id.value}\n`);
          return codeOfEnd(end);
        }
        return await codeOfTask(masters, task);
      } catch (error) {
        const isLog = error instanceof HttpAnswerError && error.status === 500 && error.message === withoutTerminal;
        if (!isLog) throw error;
        return await followFiles(masters, task);
      } finally {
        await streams.close();
      }
    });
  },
});

/** @throws {LookupError} none runs, or several do. */
async function onlyTask(master: MasterClient): Promise<Task> {
  const tasks = ((await master.call({ type: 'GET_TASKS' }))?.get_tasks?.tasks ?? []).filter(isLive);
  const [task, ...others] = tasks;
  if (task && others.length === 0) return task;
  const problem = task ? `${tasks.length} tasks run` : 'No task runs';
  throw new LookupError(`${problem}; name the one to attach to. 'meseta tasks' lists them`);
}

/** Shows what a task without a terminal writes. */
async function followFiles(masters: Masters, task: Task): Promise<number> {
  const note = (problem: string) => process.stderr.write(`meseta: ${problem}\n`);
  note(`task ${task.task_id.value} has no terminal; showing what it writes from now on`);
  const streams = ['stdout', 'stderr'] as const;
  await Promise.all(
    streams.map(stream =>
      printLog(masters, task, stream, { following: true, lines: 0 }, { note, print: data => write(stream, data) }),
    ),
  );
  return codeOfTask(masters, task);
}

/** Waits until the master knows how a task has ended. @returns its exit code. */
async function codeOfTask(masters: Masters, task: Task): Promise<number> {
  await untilEnded(masters, task, new AbortController().signal);
  const ended = await findTask(masters.client, task.task_id.value, task.framework_id.value);
  return exitCodeOf(await endStatusOf(masters, ended));
}
