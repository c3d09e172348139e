/** A task that is ended is its whole process tree: what is left when the first process has ended has the grace as well. */

import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import {
  DrainSlaveMessage,
  ExitedExecutorMessage,
  type KillPolicy,
  KillTaskMessage,
  ReregisterSlaveMessage,
  ShutdownExecutorMessage,
  ShutdownFrameworkMessage,
  type TaskInfo,
} from '@meseta/protocol';
import { readProcess } from '@meseta/system';
import { eventually } from '@meseta/system/testing';
import { frameworkId, type ScriptedMaster } from './testing/scripted-master.ts';
import { type Bench, bench, kill, spawnAgent, startTestAgent } from './testing/test-agent.ts';

const framework_id = { value: frameworkId };
const grace = (seconds: number): KillPolicy => ({ grace_period: { nanoseconds: seconds * 1_000_000_000 } });
const patient = '--executor_shutdown_grace_period=600secs';

/** A task whose shell ends by SIGTERM, and whose child cleans up first, for which it waits until it may. */
class Family {
  readonly #directory: string;
  readonly id: string;

  constructor({ directory }: Bench, id: string) {
    this.#directory = directory;
    this.id = id;
  }

  #file(name: string): string {
    return join(this.#directory, `${this.id}-${name}`);
  }

  /** The file that has the child's pid once it is ready. */
  get up(): string {
    return this.#file('up');
  }

  get command(): string {
    const { up } = this;
    const [caught, may, clean] = ['caught', 'may', 'clean'].map(name => this.#file(name));
    const onTerm = `echo >> ${caught}; until [ -e ${may} ]; do sleep 0.02; done; echo > ${clean}; exit 0`;
    return `sh -c 'trap "${onTerm}" TERM; echo $$ > ${up}; while :; do sleep 0.02; done'; echo`;
  }

  async start(master: ScriptedMaster, more: Partial<TaskInfo> = {}): Promise<number> {
    master.command(this.id, this.command, { kill_policy: grace(600), ...more });
    const { status } = await master.until(this.id, 'TASK_RUNNING');
    await eventually('the child', () => this.has('up'));
    return status.container_status?.executor_pid ?? 0;
  }

  has(name: string): boolean {
    return this.#read(name) !== '';
  }

  get child(): number {
    return Number(this.#read('up'));
  }

  /** How often the child got SIGTERM. */
  get caught(): number {
    return this.#read('caught').length;
  }

  #read(name: string): string {
    try {
      return readFileSync(this.#file(name), 'utf8');
    } catch {
      return '';
    }
  }

  /** The child got SIGTERM, and its shell is gone. */
  async untilAlone(shell: number): Promise<void> {
    await eventually('SIGTERM', () => this.has('caught'));
    await eventually('the end of the shell', () => !isAlive(shell));
  }

  async letGo(): Promise<void> {
    await writeFile(this.#file('may'), '');
  }
}

/** Of how many tasks an agent that starts anew would know that they had SIGTERM. */
function signalled({ directory }: Bench): number {
  const files = globSync('**/task.kill', { cwd: directory });
  return files.filter(file => readFileSync(join(directory, file), 'utf8').includes('"signalled":true')).length;
}

const killTask = (master: ScriptedMaster, id: string, kill_policy?: KillPolicy) =>
  master.send(KillTaskMessage, { framework_id, task_id: { value: id }, ...(kill_policy && { kill_policy }) });

/** Of a task that is healthy until its child is there. */
const unhealthy = ({ up }: Family): Partial<TaskInfo> => ({
  health_check: {
    type: 'COMMAND',
    command: { value: `! [ -s ${up} ]` },
    ...{ delay_seconds: 0, interval_seconds: 0.1, grace_period_seconds: 0, consecutive_failures: 1 },
  },
});

const ends: {
  name: string;
  task?: (family: Family) => Partial<TaskInfo>;
  end?: (master: ScriptedMaster, id: string) => void;
  state: string;
}[] = [
  { name: 'kill', end: killTask, state: 'TASK_KILLED' },
  { name: 'health', task: unhealthy, state: 'TASK_KILLED' },
  { name: 'overdue', task: () => ({ max_completion_time: { nanoseconds: 5e9 } }), state: 'TASK_FAILED' },
  { name: 'drain', end: master => master.send(DrainSlaveMessage, { config: {} }), state: 'TASK_KILLED' },
];

test('a task that is ended', async t => {
  const at = await bench(t);
  const { master } = at;
  const agent = await startTestAgent(at);
  at.onEnd(() => agent.shutdown());

  for (const { name, task, end, state } of ends) {
    await t.test(`by ${name}: the children of its shell have the whole grace`, async () => {
      const family = new Family(at, name);
      const shell = await family.start(master, task?.(family));
      end?.(master, name);
      await family.untilAlone(shell);
      assert.equal(family.has('clean'), false);
      await family.letGo();
      const { status } = await master.until(name, state);
      assert.ok(family.has('clean'));
      assert.equal(status.message, 'Command terminated with signal Terminated');
    });
  }
});

test('what has not ended in time is killed', async t => {
  const at = await bench(t);
  const { master } = at;
  const agent = await startTestAgent(at);
  at.onEnd(() => agent.shutdown());
  const family = new Family(at, 'slow');
  const shell = await family.start(master);
  killTask(master, 'slow');
  await family.untilAlone(shell);
  killTask(master, 'slow', grace(0.1));
  await master.until('slow', 'TASK_KILLED');
  assert.ok(!isAlive(family.child));
  assert.equal(family.has('clean'), false);
});

test('a framework that is torn down leaves its tasks their grace', async t => {
  const at = await bench(t);
  const { master } = at;
  const agent = await startTestAgent(at, patient);
  at.onEnd(() => agent.shutdown());
  const family = new Family(at, 'torn');
  const shell = await family.start(master);
  master.send(ShutdownFrameworkMessage, { framework_id });
  await family.untilAlone(shell);
  assert.equal(agent.context.agent.frameworks.size, 1);
  await family.letGo();
  await eventually('the end of the framework', () => agent.context.agent.frameworks.size === 0);
  assert.ok(family.has('clean'));
});

test('tasks that do not survive their agent have their grace when it is stopped', async t => {
  const at = await bench(t);
  const { master } = at;
  master.framework = { ...master.framework, checkpoint: false };
  const agent = await startTestAgent(at, patient);
  at.onEnd(() => agent.stop());
  const family = new Family(at, 'mortal');
  const shell = await family.start(master);
  const stopped = agent.stop();
  await family.untilAlone(shell);
  await family.letGo();
  await stopped;
  assert.ok(family.has('clean'));
});

test('an agent that starts anew in the middle of a grace goes on with it', async t => {
  const at = await bench(t);
  const { master } = at;
  let agent = spawnAgent(at);
  at.onEnd(() => kill(agent, 'SIGTERM'));
  await master.untilAgent();
  const [patientOne, hasty] = [new Family(at, 'patient'), new Family(at, 'hasty')];
  const shells = await Promise.all([patientOne, hasty].map(family => family.start(master)));
  master.acknowledges = false; // so that the next agent has to do with both, also when the second of one is over before
  killTask(master, 'patient');
  killTask(master, 'hasty', grace(1));
  await Promise.all([patientOne, hasty].map((family, index) => family.untilAlone(shells[index] ?? 0)));
  // An agent that is killed before it has written down that it sent SIGTERM sends it again: better twice than never.
  await eventually('both signals on disk', () => signalled(at) === 2);
  await kill(agent, 'SIGKILL');
  master.acknowledges = true;
  agent = spawnAgent(at);
  await master.untilReceived(ReregisterSlaveMessage);
  await master.until('hasty', 'TASK_KILLED');
  assert.equal(hasty.has('clean'), false);
  await patientOne.letGo();
  const { status } = await master.until('patient', 'TASK_KILLED');
  assert.ok(patientOne.has('clean'));
  assert.equal(patientOne.caught, 1);
  assert.equal(status.message, 'Command terminated with signal Terminated');
  assert.deepEqual(master.states('patient'), ['TASK_STARTING', 'TASK_RUNNING', 'TASK_KILLING', 'TASK_KILLED']);
});

test('what a custom executor leaves when it is shut down has the rest of the grace', async t => {
  const at = await bench(t);
  const { master, directory } = at;
  const agent = await startTestAgent(at, patient);
  at.onEnd(() => agent.shutdown());
  const [may, clean] = [join(directory, 'may'), join(directory, 'clean')];
  const program = fileURLToPath(new URL('./testing/http-executor.ts', import.meta.url));
  const last = `while kill -0 $$; do sleep 0.02; done 2>/dev/null; until [ -e ${may} ]; do sleep 0.02; done; echo > ${clean}`;
  const value = `(${last}) & exec '${process.execPath}' --disable-warning=ExperimentalWarning '${program}'`;
  const executor = { executor_id: { value: 'custom' }, command: { value }, framework_id, resources: [] };
  master.run({ id: 'stays', executor });
  const { status } = await master.until('stays', 'TASK_RUNNING');
  master.send(ShutdownExecutorMessage, { framework_id, executor_id: { value: 'custom' } });
  const pid = status.container_status?.executor_pid ?? 0;
  await eventually('the end of the executor', () => !isAlive(pid));
  await writeFile(may, '');
  await master.untilReceived(ExitedExecutorMessage);
  assert.equal(readFileSync(clean, 'utf8'), '\n');
});

/** Tells whether a process has not ended. Of those that have, some wait for their parents to notice. */
const isAlive = (pid: number): boolean => (readProcess(pid)?.state ?? 'Z') !== 'Z';
