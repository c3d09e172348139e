/** A real agent and a real task, seen from outside. */

import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { eventually } from '@meseta/system/testing';
import { agentId, frameworkId } from './testing/scripted-master.ts';
import { bench, startTestAgent } from './testing/test-agent.ts';

interface State {
  id: string;
  flags: Record<string, string>;
  frameworks: { executors: { id: string; directory: string; tasks: { state: string }[] }[] }[];
  completed_frameworks: { completed_executors: { id: string; completed_tasks: { state: string }[] }[] }[];
}

test('a task is seen while it runs and after, with its sandbox and what it uses', async t => {
  const at = await bench(t);
  const agent = await startTestAgent(at, '--executor_shutdown_grace_period=1secs');
  at.onEnd(() => agent.stop());
  const address = `http://127.0.0.1:${agent.port}`;
  const get = async <T>(path: string) => (await (await fetch(address + path)).json()) as T;
  at.master.command('seen', 'echo hello; while [ ! -e go ]; do sleep 0.02; done');
  await at.master.until('seen', 'TASK_RUNNING');

  const running = await get<State>('/state');
  assert.equal(running.id, agentId);
  assert.equal(running.flags.port, '0');
  const executor = running.frameworks[0]?.executors[0];
  assert.equal(executor?.tasks[0]?.state, 'TASK_RUNNING');
  const [container] = await get<{ executor_id: string; statistics: { mem_rss_bytes: number } }[]>('/containers');
  assert.equal(container?.executor_id, 'seen');
  assert.ok((container?.statistics.mem_rss_bytes ?? 0) > 0);
  const metrics = await get<Record<string, number>>('/metrics/snapshot');
  assert.equal(metrics['slave/tasks_running'], 1);
  assert.equal(metrics['slave/registered'], 1);

  const latest = `/frameworks/${frameworkId}/executors/seen/runs/latest`;
  const names = await get<Record<string, string>>('/files/debug');
  assert.equal(names[latest], executor?.directory);
  await eventually('what the task wrote', async () => {
    const read = await get<{ data: string }>(`/files/read?path=${latest}/stdout&offset=0`);
    return read.data.endsWith('hello\n');
  });

  await writeFile(`${executor?.directory}/go`, '');
  await at.master.until('seen', 'TASK_FINISHED');
  await eventually(
    () => 'the end of the framework here',
    () => agent.context.agent.frameworks.size === 0,
  );
  const after = await get<State>('/state');
  const completed = after.completed_frameworks[0]?.completed_executors[0];
  assert.equal(completed?.id, 'seen');
  assert.equal(completed?.completed_tasks[0]?.state, 'TASK_FINISHED');
  const counted = await get<Record<string, number>>('/metrics/snapshot');
  assert.deepEqual(
    [counted['slave/tasks_finished'], counted['slave/tasks_running'], counted['slave/executors_terminated']],
    [1, 0, 1],
  );
  assert.equal((await fetch(`${address}/files/read?path=${latest}/stdout&offset=0`)).status, 200);
});
