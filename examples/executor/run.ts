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
import type { ExecutorInfo, Offer, OfferOperation, TaskInfo } from '@meseta/protocol';
import { SchedulerClient } from '@meseta/scheduler';

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

function taskFor(offer: Offer): TaskInfo {
  const scalar = (name: string, value: number) =>
    ({ name, type: 'SCALAR', scalar: { value }, allocation_info: offer.allocation_info }) as const;
  return {
    name: 'world',
    task_id: { value: `example-${Date.now()}` },
    agent_id: offer.agent_id,
    executor,
    resources: [scalar('cpus', 0.1), scalar('mem', 64)],
    health_check: { type: 'COMMAND', command: { value: 'test -e ready' }, delay_seconds: 0, interval_seconds: 0.2 },
    kill_policy: { grace_period: { nanoseconds: 5e9 } },
  };
}

/** One master, one agent, everything in that directory. */
async function startCluster(directory: string): Promise<{ master: string; process: ChildProcess }> {
  const cluster = spawn(meseta, ['local', '--json', '--port', '0', '--work-dir', directory], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(createInterface({ input: cluster.stdout }), 'line')) as [string];
  return { master: (JSON.parse(line) as { master: string }).master, process: cluster };
}

/** Launches the task on the first offer, kills it when it is healthy. */
async function runTask(master: string): Promise<void> {
  const client = await SchedulerClient.subscribe(master, {
    user: userInfo().username,
    name: 'executor example',
    roles: ['*'],
    capabilities: [{ type: 'MULTI_ROLE' }, { type: 'TASK_KILLING_STATE' }],
  });
  let task: TaskInfo | undefined;
  for await (const { offers, update } of client.events()) {
    const offer = offers?.offers?.[0];
    if (offer && !task) {
      task = taskFor(offer);
      const operations = [{ type: 'LAUNCH', launch: { task_infos: [task] } }] satisfies OfferOperation[];
      await client.call({ type: 'ACCEPT', accept: { offer_ids: [offer.id], operations } });
    }
    if (!update) continue;
    const { state, healthy, message = '' } = update.status;
    console.log([state, healthy ? 'healthy' : '', message].join(' ').trim());
    await client.acknowledge(update.status);
    if (state === 'TASK_RUNNING' && healthy && task)
      await client.call({ type: 'KILL', kill: { task_id: task.task_id } });
    if (['TASK_FINISHED', 'TASK_FAILED', 'TASK_KILLED', 'TASK_ERROR', 'TASK_LOST'].includes(state)) break;
  }
  await client.close(); // and with it, as it asked for no failover, the framework ends
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
