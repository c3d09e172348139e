/** The SDK for schedulers on a real cluster. */
import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Offer, OperationStatus, TaskInfo, TaskStatus } from '@meseta/protocol';
import { fileStore, OfferRoom, Scheduler, type SchedulerHandlers, type SchedulerOptions } from '@meseta/scheduler/sdk';
import { needsZooKeeper } from '@meseta/storage/testing';
import { userName } from '@meseta/system';
import { eventually } from '@meseta/system/testing';
import { Cluster } from './support/cluster.ts';
import { ElectionScene } from './support/high-availability.ts';
import { Meseta } from './support/meseta.ts';
import { processesOf } from './support/processes.ts';

const framework = {
  ...{ user: userName(), name: 'sdk', roles: ['web'], failover_timeout: 600, checkpoint: true },
  capabilities: [
    { type: 'MULTI_ROLE' as const },
    { type: 'PARTITION_AWARE' as const },
    { type: 'RESERVATION_REFINEMENT' as const },
  ],
};

/** A scheduler that runs tasks of commands in their order, until the end of the test. */
class Runner {
  readonly scheduler: Scheduler;
  readonly statuses: TaskStatus[] = [];
  readonly operations: OperationStatus[] = [];
  readonly toLaunch: { id: string; command: string }[] = [];
  subscriptions = 0;
  /** Of the master that it has subscribed to last. */
  origin = '';
  readonly end: Promise<unknown>;

  constructor(
    t: TestContext,
    masters: string,
    options: Partial<SchedulerOptions> & Pick<SchedulerHandlers, 'offers'> = {},
  ) {
    const { offers, ...more } = options;
    const connection = { maxBackoffMs: 200 };
    this.scheduler = new Scheduler({ masters, framework, connection, ...more });
    t.after(() => this.scheduler.stop());
    this.end = this.scheduler
      .run({
        subscribed: ({ origin }) => {
          this.origin = origin;
          this.subscriptions++;
        },
        offers:
          offers ??
          (async offers => {
            for (const offer of offers) await this.#use(offer);
          }),
        status: async status => void this.statuses.push(status),
        operation: status => void this.operations.push(status),
      })
      .catch(error => error);
  }

  async #use(offer: Offer): Promise<void> {
    const room = new OfferRoom(offer);
    const tasks: TaskInfo[] = [];
    for (let next = this.toLaunch[0]; next; next = this.toLaunch[0]) {
      const resources = room.take({ cpus: 0.1, mem: 32 });
      if (!resources) break;
      const { id, command } = next;
      const { agent_id } = offer;
      tasks.push({ name: id, task_id: { value: id }, agent_id, command: { shell: true, value: command }, resources });
      this.toLaunch.shift();
    }
    await this.scheduler.launch(offer, tasks, { refuse_seconds: 0 });
  }

  states(id: string): string {
    const states = this.statuses.filter(({ task_id }) => task_id.value === id).map(({ state }) => state);
    return states.join(' ').replaceAll('TASK_', '');
  }

  async reaches(id: string, state: string): Promise<void> {
    await eventually(
      () => `${state} of ${id}, which has ${this.states(id)}`,
      () => this.states(id).split(' ').includes(state),
    );
  }
}

test('a scheduler and its tasks survive a master that is killed', async t => {
  const cluster = await Cluster.start(t, { agents: [{}, {}] });
  const go = path.join(cluster.directory, 'go');
  const runner = new Runner(t, cluster.master.address);
  const ids = Array.from({ length: 20 }, (_, index) => `t${index}`);
  const command = `until [ -e ${go} ]; do sleep 0.05; done; exit 3`;
  for (const id of ids) runner.toLaunch.push({ id, command });
  for (const id of ids) await runner.reaches(id, 'RUNNING');
  await cluster.master.kill();
  await cluster.master.start();
  await eventually('the second subscription', () => runner.subscriptions === 2);
  for (const agent of cluster.agents) await cluster.registered(agent);
  writeFileSync(go, '');
  for (const id of ids) await runner.reaches(id, 'FAILED');
  await eventually('the agents to have nothing left to tell', async () => {
    const { frameworks } = await cluster.get('/state');
    return frameworks[0]?.tasks.length === 0 && frameworks[0]?.completed_tasks.length === ids.length;
  });
  for (const id of ids) assert.equal(runner.states(id), 'STARTING RUNNING FAILED', id);
  await runner.scheduler.teardown();
  assert.equal(await runner.end, undefined);
});

test('a scheduler follows the leader, by ZooKeeper and by a list of masters', needsZooKeeper, async t => {
  const scene = await ElectionScene.start(t, { masters: 2 });
  const first = await scene.leader();
  await scene.addAgent();
  await scene.registered(first);
  const list = scene.masters.map(({ address }) => address).join();
  const runners = [scene.address, list].map(masters => new Runner(t, masters));
  const go = path.join(scene.directory, 'go');
  const command = `until [ -e ${go} ]; do sleep 0.05; done; exit 3`;
  for (const runner of runners) runner.toLaunch.push({ id: 't', command });
  for (const runner of runners) await runner.reaches('t', 'RUNNING');
  await first.kill();
  const second = await scene.leader(first);
  await scene.registered(second);
  for (const runner of runners) {
    await eventually('the subscription to the next leader', () => runner.origin === second.origin);
  }
  writeFileSync(go, '');
  for (const runner of runners) {
    await runner.reaches('t', 'FAILED');
    // A leader without the registry of the one before does not know the agent until it is back.
    assert.match(runner.states('t'), /^STARTING RUNNING (UNKNOWN (RUNNING )?)?FAILED$/);
    await runner.scheduler.teardown();
    await runner.end;
  }
});

test('a scheduler that is started again is the same framework, and learns what happened meanwhile', async t => {
  const cluster = await Cluster.start(t);
  const store = fileStore(path.join(cluster.directory, 'framework.json'));
  const first = new Runner(t, cluster.master.address, { store });
  const go = path.join(cluster.directory, 'go');
  const short = `until [ -e ${go} ]; do sleep 0.05; done`;
  first.toLaunch.push({ id: 'short', command: short }, { id: 'long', command: 'exec sleep 1000' });
  for (const id of ['short', 'long']) await first.reaches(id, 'RUNNING');
  first.scheduler.stop();
  await first.end;
  writeFileSync(go, '');
  const tasks = ['short', 'long', 'never'].map(taskId => ({ taskId }));
  const second = new Runner(t, cluster.master.address, { store, tasks });
  await second.reaches('short', 'FINISHED');
  await second.reaches('long', 'RUNNING');
  await second.reaches('never', 'UNKNOWN');
  assert.equal(second.scheduler.frameworkId, first.scheduler.frameworkId);
  await second.scheduler.teardown();
  await second.end;
  await eventually('the end of all tasks', () =>
    processesOf(cluster.directory).every(({ command }) => command !== 'sleep 1000'),
  );
  assert.equal(existsSync(path.join(cluster.directory, 'framework.json')), false);
});

test('the end of the framework is told with its code', async t => {
  const cluster = await Cluster.start(t);
  const runner = new Runner(t, cluster.master.address);
  await eventually('the subscription', () => runner.subscriptions === 1);
  const body = `frameworkId=${runner.scheduler.frameworkId}`;
  assert.equal((await fetch(`${cluster.master.origin}/teardown`, { method: 'POST', body })).status, 200);
  assert.equal(((await runner.end) as { code?: string }).code, 'FRAMEWORK_REMOVED');
});

test('the second scheduler of a framework takes the place of the first', async t => {
  const cluster = await Cluster.start(t);
  const store = fileStore(path.join(cluster.directory, 'framework.json'));
  const first = new Runner(t, cluster.master.address, { store });
  await eventually('the subscription', () => first.subscriptions === 1);
  const second = new Runner(t, cluster.master.address, { store });
  assert.equal(((await first.end) as { code?: string }).code, 'FRAMEWORK_FAILED_OVER');
  await eventually('the second subscription', () => second.subscriptions === 1);
});

test('a killed task ends, and offers come only when they are wanted', async t => {
  const cluster = await Cluster.start(t);
  const runner = new Runner(t, cluster.master.address);
  runner.toLaunch.push({ id: 't', command: 'trap "" TERM; while :; do sleep 1; done' });
  await runner.reaches('t', 'RUNNING');
  await runner.scheduler.suppress();
  assert.equal(await runner.scheduler.kill('t', { gracePeriodMs: 100 }), 'taken');
  await runner.reaches('t', 'KILLED');
  runner.toLaunch.push({ id: 'later', command: 'true' });
  const { frameworks } = await cluster.get('/state');
  assert.deepEqual(frameworks[0].suppressed_roles ?? ['web'], ['web']);
  await runner.scheduler.revive();
  await runner.reaches('later', 'FINISHED');
});

test('the status of an operation arrives, and is acknowledged', async t => {
  const cluster = await Cluster.start(t);
  const reservations = [{ type: 'DYNAMIC' as const, role: 'web' }];
  let isReserved = false;
  const runner: Runner = new Runner(t, cluster.master.address, {
    offers: async ([offer]) => {
      const resources = offer && new OfferRoom(offer).take({ cpus: 1 });
      if (!resources || isReserved) return;
      isReserved = true;
      const reserve = { resources: resources.map(resource => ({ ...resource, reservations })) };
      await runner.scheduler.accept(offer, [{ type: 'RESERVE', id: { value: 'reserve-1' }, reserve }]);
    },
  });
  const status = await eventually('the status', () => runner.operations[0]);
  assert.deepEqual([status.operation_id?.value, status.state], ['reserve-1', 'OPERATION_FINISHED']);
  await eventually('its acknowledgement', async () => {
    const metrics = await cluster.get('/metrics/snapshot');
    return metrics['master/valid_operation_status_update_acknowledgements'] === 1;
  });
});

test('meseta run survives a master that is killed, and has the exit code', async t => {
  const cluster = await Cluster.start(t);
  const go = path.join(cluster.directory, 'go');
  const run = new Meseta([
    'run',
    '--master',
    cluster.master.address,
    `until [ -e ${go} ]; do sleep 0.05; done; exit 7`,
  ]);
  await run.says(/RUNNING|running/);
  await cluster.master.kill();
  await run.says(/lost the master, subscribing again/);
  await cluster.master.start();
  writeFileSync(go, '');
  const { code, stderr } = await run.finished;
  assert.equal(code, 7, stderr);
});
