import type { MasterClient } from '@meseta/scheduler';
import { command, UsageError } from '../command.ts';
import { findAgent, findTask, sandboxOf } from '../find-task.ts';
import { clusterOptions, withMaster } from '../master-option.ts';
import { jsonLines } from '../output.ts';
import { FileTail, follow } from '../task-output.ts';

export default command({
  name: 'task logs',
  summary: "Print a task's output",
  arguments: 'TASK',
  options: {
    master: clusterOptions.master,
    json: { type: 'boolean', help: 'Print a JSON object a line' },
    framework: { type: 'string', value: 'ID', help: 'The framework, where several have such a task' },
    follow: { type: 'boolean', short: 'f', help: 'Go on printing as the task writes, until it ends' },
    stderr: { type: 'boolean', help: 'The standard error instead of the standard output' },
    bytes: { type: 'string', short: 'c', value: 'BYTES', help: 'Only the last BYTES' },
  },
  run: ({ master, json, framework, follow: following, stderr, bytes }, [id]) =>
    withMaster(master, async client => {
      if (id === undefined) throw new UsageError('Which task? Give its id');
      const task = await findTask(client, id, framework);
      const agent = await findAgent(client, task.agent_id.value);
      try {
        const stream = stderr ? 'stderr' : 'stdout';
        const tail = new FileTail(agent, `${sandboxOf(task)}/${stream}`);
        if (bytes !== undefined) await tail.seekFromEnd(count(bytes));
        let live = following === true && isLive(task.state);
        const watch = live ? watchEnd(client, task.task_id.value, task.framework_id.value) : undefined;
        const ended = watch?.ended.then(() => {
          live = false;
        });
        await follow(tail, json ? jsonLines({ stream }) : data => process.stdout.write(data), () => !live);
        watch?.stop();
        await ended;
        return 0;
      } finally {
        await agent.close();
      }
    }),
});

function count(text: string): number {
  if (!/^\d+$/.test(text)) throw new UsageError(`--bytes takes a whole number, not '${text}'`);
  return Number(text);
}

function isLive(state: string): boolean {
  return ['TASK_STAGING', 'TASK_STARTING', 'TASK_RUNNING', 'TASK_KILLING', 'TASK_UNREACHABLE'].includes(state);
}

/** Resolves when the master's event stream tells that the task has ended, or ends itself. */
function watchEnd(client: MasterClient, taskId: string, frameworkId: string) {
  const stopping = new AbortController();
  const watch = async () => {
    for await (const { task_updated: updated, framework_removed: removed } of client.subscribe(stopping.signal)) {
      if (removed?.framework_info.id?.value === frameworkId) return;
      const ours = updated?.framework_id.value === frameworkId && updated.status.task_id.value === taskId;
      if (ours && !isLive(updated.state)) return;
    }
  };
  // Whatever ends the stream ends the watch: the output that is there is still printed.
  return { ended: watch().catch(() => undefined), stop: () => stopping.abort() };
}
