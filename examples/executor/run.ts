/**
 * Runs one task with the stand-alone executor on a cluster of its own and prints what happens:
 *
 *     sh scripts/with-node.sh examples/executor/run.ts
 *
 * The task has a health check; a hook module gives it a variable, an exec hook prints events; when it is healthy it is
 * killed, and ends gracefully.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { glob, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { ExecutorInfo, TaskInfo } from '@meseta/protocol';
import { isOver, OfferRoom, Scheduler } from '@meseta/scheduler/sdk';

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const meseta = at('../../meseta');

const command = `trap 'echo "$GREETING, good-bye"; exit 0' TERM; touch ready; while :; do sleep 0.1; done`;
const variables = [
  { name: 'PATH', value: process.env.PATH ?? '' },
  { name: 'MESETA_EXECUTOR_HOOKS', value: at('./hook.mjs') },
  { name: 'MESETA_EXECUTOR_EXEC_HOOK_COMMAND', value: 'echo "exec hook: $1"' },
];

const executor: ExecutorInfo = {
  executor_id: { value: 'example' },
  command: { value: `exec '${meseta}' executor -- ${command}`, environment: { variables } },
};

const task: Omit<TaskInfo, 'agent_id'> = {
  name: 'world',
  task_id: { value: `example-${Date.now()}` },
  executor,
  health_check: { type: 'COMMAND', command: { value: 'test -e ready' }, delay_seconds: 0, interval_seconds: 0.2 },
  kill_policy: { grace_period: { nanoseconds: 5e9 } },
};

/** One master, one agent, everything in that directory. */
async function startCluster(directory: string): Promise<{ master: string; process: ChildProcess }> {
  const cluster = spawn(meseta, ['local', '--json', '--port', '0', '--work-dir', directory], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(createInterface({ input: cluster.stdout }), 'line')) as [string];
  return { master: (JSON.parse(line) as { master: string }).master, process: cluster };
}

/** Launches the task on the first offer, kills it when it is healthy. */
async function runTask(masters: string): Promise<void> {
  const framework = {
    ...{ user: userInfo().username, name: 'executor example', roles: ['*'] },
    capabilities: [{ type: 'MULTI_ROLE' as const }, { type: 'TASK_KILLING_STATE' as const }],
  };
  const scheduler = new Scheduler({ masters, framework });
  let isLaunched = false;
  await scheduler.run({
    offers: async ([offer]) => {
      const resources = offer && new OfferRoom(offer).take({ cpus: 0.1, mem: 64 });
      if (!resources || isLaunched) return;
      isLaunched = true;
      await scheduler.launch(offer, [{ ...task, agent_id: offer.agent_id, resources }]);
    },
    status: async status => {
      const { task_id, state, healthy, message = '' } = status;
      console.log([state, healthy ? 'healthy' : '', message].join(' ').trim());
      if (state === 'TASK_RUNNING' && healthy) await scheduler.kill(task_id.value);
      if (isOver(status)) await scheduler.teardown();
    },
  });
}

const directory = await mkdtemp(join(tmpdir(), 'meseta-example-'));
const cluster = await startCluster(directory);
try {
  await runTask(cluster.master);
  for (const name of ['stdout', 'events.log']) {
    const [path] = await Array.fromAsync(glob(`${directory}/**/runs/*-*/${name}`));
    console.log(`\n${name}:\n${path ? (await readFile(path, 'utf8')).trimEnd() : '(none)'}`);
  }
} finally {
  cluster.process.kill('SIGTERM');
  await once(cluster.process, 'exit');
  await rm(directory, { recursive: true, force: true });
}
