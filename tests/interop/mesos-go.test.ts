/**
 * Frameworks and executors of Apache Mesos's world on Meseta: small programs on mesos-go, an independent implementation
 * of all the APIs, go through what a framework meets in its life, the deaths of agent and scheduler included.
 */

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { eventually } from '@meseta/system/testing';
import { Meseta } from '../support/meseta.ts';
import { buildGoPrograms, goPrograms } from './go-build.ts';
import { GoScheduler } from './go-scheduler.ts';

const directory = mkdtempSync(path.join(tmpdir(), 'mesos-go-'));
let master: Meseta;
let masterAddress = '127.0.0.1:0';
let agent: Meseta;
let agentPort = '0';

before(
  async () => {
    if (goPrograms.skip) return;
    await buildGoPrograms(path.join(import.meta.dirname, 'mesos-go'), ['scheduler', 'executor'], directory);
    const log = /pid=master@(\S+)/;
    master = new Meseta(['master', '--ip=127.0.0.1', '--port=0', '--no-hostname_lookup', '--registry=in_memory']);
    await master.says(log);
    masterAddress = log.exec(master.stderr)?.[1] ?? '';
    agent = startAgent();
    await eventually(
      () => `the agent registers; it says ${agent.stderr}`,
      async () => (await slaves()).length > 0,
    );
    agentPort = (await slaves())[0]?.pid.split(':')[1] ?? '';
  },
  { timeout: 300_000 },
);

after(async () => {
  agent?.child.kill('SIGUSR1'); // ends with all that it runs
  await agent?.finished;
  master?.child.kill('SIGTERM');
  await master?.finished;
  rmSync(directory, { recursive: true, force: true });
});

async function startMaster(): Promise<void> {
  const log = /pid=master@(\S+)/;
  const [ip, port] = masterAddress.split(':');
  const workDirectory = `--work_dir=${directory}/master`;
  master = new Meseta(['master', `--ip=${ip}`, `--port=${port}`, '--no-hostname_lookup', workDirectory]);
  await master.says(log);
  masterAddress = log.exec(master.stderr)?.[1] ?? '';
}

function startAgent(): Meseta {
  return new Meseta([
    'agent',
    `--master=${masterAddress}`,
    `--work_dir=${directory}/work`,
    `--runtime_dir=${directory}/run`,
    '--ip=127.0.0.1',
    `--port=${agentPort}`,
    '--no-hostname_lookup',
    '--resources=cpus:4;mem:1024;disk:1024',
    '--registration_backoff_factor=1ms',
    '--executor_reregistration_timeout=15secs',
  ]);
}

async function get<T>(url: string): Promise<T> {
  return (await fetch(url)).json() as Promise<T>;
}

const slaves = async () => (await get<{ slaves: { pid: string }[] }>(`http://${masterAddress}/slaves`)).slaves;

const pairs = [
  { scheduler: 'driver', executor: 'driver' },
  { scheduler: 'protobuf', executor: 'http' },
  { scheduler: 'json', executor: 'driver' },
] as const;
for (const { scheduler: api, executor } of pairs) {
  test(`mesos-go: a scheduler by ${api}, an executor by ${executor}`, { ...goPrograms, timeout: 300_000 }, async t => {
    const file = (name: string) => path.join(directory, `${api}-${name}`);
    const start = (...more: string[]) => {
      const started = new GoScheduler(path.join(directory, 'scheduler'), [
        '-logtostderr', // else the drivers write to files in /tmp
        `-api=${api}`,
        `-master=${masterAddress}`,
        `-executor=exec ${directory}/executor -logtostderr -api=${executor}`,
        ...more,
      ]);
      t.after(() => started.kill());
      return started;
    };
    let scheduler = start();
    const { framework = '' } = await scheduler.next('registered');

    await t.test('runs tasks', async () => {
      scheduler.say('launch brief');
      await scheduler.state('brief', 'TASK_FINISHED');
      for (const name of ['killed', 'absent', 'later']) scheduler.say(`launch ${name} ${file(name)}`);
      for (const name of ['killed', 'absent', 'later']) await scheduler.state(name, 'TASK_RUNNING');
      assert.deepEqual(scheduler.states('brief'), ['TASK_RUNNING', 'TASK_FINISHED']);
    });

    await t.test('exchanges messages with its executor and kills', async () => {
      scheduler.say('message ping');
      assert.equal((await scheduler.next('message')).text, 'ping');
      scheduler.say('kill killed');
      await scheduler.state('killed', 'TASK_KILLED');
    });

    await t.test('a killed agent finds the executor again, with what happened meanwhile', async () => {
      agent.child.kill('SIGKILL');
      await agent.finished;
      writeFileSync(file('absent'), '');
      agent = startAgent();
      await scheduler.state('absent', 'TASK_FINISHED');
      writeFileSync(file('later'), '');
      await scheduler.state('later', 'TASK_FINISHED');
      scheduler.say(`launch stays ${file('stays')}`);
      await scheduler.state('stays', 'TASK_RUNNING');
      for (const name of ['absent', 'later']) {
        assert.deepEqual(scheduler.states(name), ['TASK_RUNNING', 'TASK_FINISHED']);
      }
    });

    // mesos-go's driver looks for a new address of the master only.
    if (api !== 'driver') {
      await t.test('a killed master is found again, with its framework and tasks', async () => {
        scheduler.say(`launch unattended ${file('unattended')}`);
        await scheduler.state('unattended', 'TASK_RUNNING');
        master.child.kill('SIGKILL');
        await master.finished;
        writeFileSync(file('unattended'), '');
        await startMaster();
        assert.equal((await scheduler.next('registered')).framework, framework);
        await scheduler.state('unattended', 'TASK_FINISHED');
      });
    }

    await t.test('a killed scheduler fails over', async () => {
      await scheduler.kill();
      scheduler = start(`-framework=${framework}`);
      await scheduler.next('registered');
      scheduler.say('reconcile');
      assert.equal((await scheduler.state('stays', 'TASK_RUNNING')).source, 'SOURCE_MASTER');
      scheduler.say('kill stays');
      await scheduler.state('stays', 'TASK_KILLED');
    });

    await t.test('ends, and its executor with it', async () => {
      scheduler.say('stop');
      assert.equal(await scheduler.ended, 0, scheduler.stderr);
      const frameworks = await get<{ completed_frameworks: { id: string }[] }>(`http://${masterAddress}/frameworks`);
      assert.ok(frameworks.completed_frameworks.some(({ id }) => id === framework));
      const containers = () => get<unknown[]>(`http://127.0.0.1:${agentPort}/containers`);
      await eventually('the executor ends', async () => (await containers()).length === 0);
    });
  });
}
