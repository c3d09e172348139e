/** The scheduler driver of mesos-go, an independent client of CRAM-MD5, authenticates with a master. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { eventually } from '@meseta/system/testing';
import { Cluster } from '../support/cluster.ts';
import { buildGoPrograms, goPrograms } from './go-build.ts';
import { GoScheduler } from './go-scheduler.ts';

const files = (t: TestContext) => {
  const directory = mkdtempSync(path.join(tmpdir(), 'mesos-go-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
};

test('mesos-go: a driver with a credential', { ...goPrograms, timeout: 300_000 }, async t => {
  const directory = files(t);
  await buildGoPrograms(path.join(import.meta.dirname, 'mesos-go'), ['scheduler', 'executor'], directory);
  const credentials = path.join(directory, 'credentials');
  writeFileSync(credentials, 'go s3cret-go\nagents s3cret-agents\n', { mode: 0o600 });
  const credential = path.join(directory, 'credential');
  writeFileSync(credential, 'agents s3cret-agents', { mode: 0o600 });
  const cluster = await Cluster.start(t, {
    master: { authenticate_frameworks: true, authenticate_agents: true, credentials },
    agents: [{ credential }],
  });
  const start = (...more: string[]) => {
    const started = new GoScheduler(path.join(directory, 'scheduler'), [
      '-logtostderr',
      `-master=${cluster.master.address}`,
      `-executor=exec ${directory}/executor -logtostderr -api=driver`,
      ...more,
    ]);
    t.after(() => started.kill());
    return started;
  };
  const metric = async (name: string) => (await cluster.get('/metrics/snapshot'))[`master/${name}`];

  await t.test('registers and runs a task', async () => {
    const scheduler = start('-principal=go', '-secret=s3cret-go');
    await scheduler.next('registered');
    const { frameworks } = await cluster.get('/frameworks');
    assert.deepEqual(
      frameworks.map(({ principal }: { principal: string }) => principal),
      ['go'],
    );
    scheduler.say('launch brief');
    await scheduler.state('brief', 'TASK_FINISHED');
    scheduler.say('stop');
    assert.equal(await scheduler.ended, 0, scheduler.stderr);
  });

  await t.test('with a wrong secret is refused', async () => {
    const scheduler = start('-principal=go', '-secret=wrong');
    await eventually('the refusal', () => scheduler.stderr.includes('refused authentication'));
    assert.equal(await metric('authentications/failed'), 1);
    await scheduler.kill();
  });

  await t.test('without a credential gets an error', async () => {
    const scheduler = start();
    assert.match(
      (await scheduler.next('error')).message ?? '',
      /^Framework at scheduler\(1\)@.* is not authenticated$/,
    );
    await scheduler.kill();
  });
});
