/** What flags of a master change, as its peers see it. Flags with a part of their own have tests there. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { parseFlags } from '@meseta/flags';
import type { Resource } from '@meseta/protocol';
import { eventually } from '@meseta/system/testing';
import { silentLogger } from '@meseta/telemetry/testing';
import { masterFlags, masterRules } from './flags.ts';
import { type RunningMaster, startMaster } from './main.ts';
import { ask, registerAgent, startRunningMaster } from './testing/running-master.ts';
import { SimulatedAgent } from './testing/simulated-agent.ts';
import { TestScheduler } from './testing/test-scheduler.ts';

// biome-ignore lint/suspicious/noExplicitAny: views are looked at by the test, not typed here
type View = any;

const get = async (master: Pick<RunningMaster, 'address'>, path: string): Promise<View> =>
  JSON.parse((await ask(master, path)).text);

const domain = { fault_domain: { region: { name: 'r' }, zone: { name: 'z' } } };

const shown: { flag: string; argv: string[]; says: (state: View) => unknown; expected: unknown }[] = [
  { flag: '--cluster', argv: ['--cluster=c'], says: ({ cluster }) => cluster, expected: 'c' },
  {
    flag: '--hostname',
    argv: ['--hostname=master.example.org'],
    says: ({ hostname, leader_info }) => [hostname, leader_info.hostname],
    expected: ['master.example.org', 'master.example.org'],
  },
  {
    flag: '--domain',
    argv: [`--domain=${JSON.stringify(domain)}`],
    says: state => [state.domain, state.leader_info.domain],
    expected: [domain, domain],
  },
];
for (const { flag, argv, says, expected } of shown) {
  test(`${flag} is in /state`, async t => {
    const master = await startRunningMaster(t, ...argv);
    assert.deepEqual(says(await get(master, '/state')), expected);
  });
}

/** A master with another address than that of most tests. */
async function listening(t: TestContext, address: string): Promise<RunningMaster> {
  const argv = ['--port=0', '--no-hostname_lookup', '--registry=in_memory', address];
  const master = await startMaster({ flags: parseFlags(masterFlags, argv, {}, masterRules), log: silentLogger() });
  t.after(() => master.stop());
  return master;
}

test('--ip is where the master listens, and its name without a look-up', async t => {
  const master = await listening(t, '--ip=127.0.0.2');
  assert.equal((await get(master, '/state')).hostname, '127.0.0.2');
  assert.match(master.pid, /^master@127\.0\.0\.2:\d+$/);
  const [, port] = master.address.split(':');
  assert.ok((await fetch(`http://127.0.0.2:${port}/health`)).ok);
  await assert.rejects(fetch(`http://127.0.0.1:${port}/health`));
});

test('--ip_discovery_command prints where the master listens; what is no address ends the start', async t => {
  assert.match((await listening(t, '--ip_discovery_command=echo 127.0.0.3')).pid, /^master@127\.0\.0\.3:\d+$/);
  await assert.rejects(listening(t, '--ip_discovery_command=echo nowhere'), /ip_discovery_command.*'nowhere'/);
});

test('--advertise_ip and --advertise_port are where others are to reach the master', async t => {
  const master = await startRunningMaster(
    t,
    '--advertise_ip=192.0.2.7',
    '--advertise_port=7777',
    '--hostname=m.example',
  );
  assert.deepEqual([master.address, master.pid], ['192.0.2.7:7777', 'master@192.0.2.7:7777']);
});

test('--no-publish_per_framework_metrics leaves the metrics of frameworks out', async t => {
  for (const argv of [[], ['--no-publish_per_framework_metrics']]) {
    const master = await startRunningMaster(t, ...argv);
    await TestScheduler.start(t, master.address, { name: 'metered' });
    const names = Object.keys(await get(master, '/metrics/snapshot'));
    const own = names.filter(name => name.startsWith('master/frameworks/metered/'));
    assert.equal(own.length > 0, argv.length === 0, `${argv}: ${own.length} metrics`);
    assert.ok(names.includes('master/frameworks_connected'));
  }
});

const scalar = (name: string, value: number): Resource => ({ name, type: 'SCALAR', scalar: { value } });

test('--no-filter_gpu_resources offers agents with GPUs to all frameworks', async t => {
  for (const argv of [[], ['--no-filter_gpu_resources']]) {
    const master = await startRunningMaster(t, '--allocation_interval=20ms', ...argv);
    const scheduler = await TestScheduler.start(t, master.address);
    const resources = [scalar('cpus', 4), scalar('mem', 1024), scalar('gpus', 1)];
    const agent = await SimulatedAgent.start({ master: master.address, resources });
    t.after(() => agent.stop());
    await agent.register();
    if (argv.length > 0) {
      await scheduler.next('OFFERS');
      continue;
    }
    const [refusal] = await eventually('a refusal', async () => {
      const { frameworks } = await get(master, '/unoffered');
      return frameworks[0]?.roles[0]?.agents[0]?.refusals;
    });
    assert.match(refusal.reason, /GPU/);
  }
});

test('--offer_constraints_re2_max_program_size limits regular expressions of frameworks', async t => {
  const constraint = { selector: { attribute_name: 'rack' }, predicate: { text_matches: { regex: '(abc|def){9}' } } };
  const groups = [{ attribute_constraints: [constraint] }];
  const offer_constraints = { role_constraints: { '*': { groups } } } as unknown as object;
  for (const [argv, isTaken] of [
    [[], true],
    [['--offer_constraints_re2_max_program_size=5'], false],
  ] as const) {
    const master = await startRunningMaster(t, ...argv);
    const scheduler = await TestScheduler.subscribe(t, master.address, {}, { offer_constraints });
    if (isTaken) await scheduler.next('SUBSCRIBED');
    else assert.match((await scheduler.next('ERROR')).error?.message ?? '', /(abc\|def|program|too large|size)/);
  }
});

const sorters: { flag: string; of: (name: string) => { name: string; roles: string[] } }[] = [
  { flag: '--framework_sorter', of: name => ({ name, roles: ['*'] }) },
  { flag: '--role_sorter', of: name => ({ name, roles: [name] }) },
];
for (const { flag, of } of sorters) {
  test(`${flag}: drf offers an agent to who has least, random also to another`, async t => {
    for (const sorter of ['drf', 'random']) {
      const master = await startRunningMaster(t, `${flag}=${sorter}`, '--allocation_interval=20ms');
      const rich = await TestScheduler.start(t, master.address, of('rich'));
      await registerAgent(t, master);
      await rich.next('OFFERS'); // and keeps it
      const poor = await TestScheduler.start(t, master.address, of('poor'));
      // Each further agent goes to one of the two as a whole; what `poor` gets it loses again.
      const before = rich.events.length;
      const richGot = () => rich.events.slice(before).some(({ type }) => type === 'OFFERS');
      for (let agents = 0; agents < 40 && !richGot(); agents++) {
        const agent = await registerAgent(t, master);
        const offered = () =>
          [rich, poor].some(each =>
            each.events.some(({ offers }) => offers?.offers?.some(offer => offer.agent_id.value === agent.id)),
          );
        await eventually('an offer', offered);
        await agent.stop();
        await eventually('the end of the offer', async () =>
          (await get(master, '/state')).slaves.every(({ id, active }: View) => id !== agent.id || !active),
        );
        if (sorter === 'drf' && agents >= 5) break;
      }
      assert.equal(richGot(), sorter === 'random', sorter);
    }
  });
}

test('--external_log_file is what /master/log shows, in place of the file in --log_dir', async t => {
  const directory = mkdtempSync(join(tmpdir(), 'flag-effects-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const file = join(directory, 'collected.log');
  writeFileSync(file, 'what a supervisor has collected\n');
  const master = await startRunningMaster(t, `--external_log_file=${file}`, `--log_dir=${directory}`);
  const { data } = await get(master, '/files/read?path=/master/log&offset=0&length=100');
  assert.equal(data, 'what a supervisor has collected\n');
  assert.equal((await get(master, '/state')).external_log_file, file);
});
