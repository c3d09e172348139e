/** Masters that lead, stand by and change places, as their peers see them. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { parseFlags } from '@meseta/flags';
import { HttpClient } from '@meseta/process';
import { type MasterInfo, RecordDecoder, type SchedulerEvent } from '@meseta/protocol';
import type { Candidacy, Leadership } from '@meseta/storage';
import { eventually, freePort } from '@meseta/system/testing';
import { silentLogger } from '@meseta/telemetry/testing';
import { masterFlags, masterRules } from '../flags.ts';
import { type RunningMaster, startMaster } from '../main.ts';
import { SimulatedAgent } from '../testing/simulated-agent.ts';

/** A contest whose outcome the test decides. */
class ScriptedContest {
  readonly candidates: MasterInfo[] = [];
  #lose: () => void = () => undefined;
  #tell: (leader: MasterInfo | undefined) => void = () => undefined;
  #leader: MasterInfo | undefined;

  readonly leadership: Leadership<MasterInfo> = {
    contender: {
      contend: async info => {
        this.candidates.push(info);
        const { promise: lost, resolve } = Promise.withResolvers<void>();
        this.#lose = resolve;
        return { lost, isHeld: true, withdraw: async () => undefined } satisfies Candidacy;
      },
    },
    detector: {
      watch: onChange => {
        this.#tell = onChange;
        queueMicrotask(() => onChange(this.#leader));
        return () => undefined;
      },
    },
  };

  elect(leader: MasterInfo | undefined): void {
    this.#leader = leader;
    this.#tell(leader);
  }

  /** The master's place in the contest is lost. */
  lose(): void {
    this.#lose();
  }

  get latest(): MasterInfo {
    return this.candidates.at(-1) ?? assert.fail('nobody contends');
  }
}

const other: MasterInfo = { id: 'other', ip: 0, port: 5050, hostname: 'other.example' };

interface Scene {
  readonly contest: ScriptedContest;
  readonly master: RunningMaster;
  readonly failures: Error[];
  get(path: string): Promise<Response>;
  /** Elects the master with what it contends with, and waits until it leads. */
  lead(): Promise<void>;
}

async function standby(t: TestContext, argv: readonly string[] = ['--registry=in_memory']): Promise<Scene> {
  const contest = new ScriptedContest();
  const own = ['--ip=127.0.0.1', '--port=0', '--no-hostname_lookup', ...argv];
  const master = await startMaster({
    flags: parseFlags(masterFlags, own, {}, masterRules),
    log: silentLogger(),
    leadership: contest.leadership,
  });
  t.after(() => master.stop());
  const failures: Error[] = [];
  void master.failed.then(error => failures.push(error));
  const get = (path: string) => fetch(`http://${master.address}${path}`, { redirect: 'manual' });
  return {
    ...{ contest, master, failures, get },
    async lead() {
      contest.elect(contest.latest);
      await eventually('the lead', async () => (await get('/state')).status === 200);
    },
  };
}

const metricsOf = async ({ get }: Scene): Promise<Record<string, number>> =>
  (await (await get('/metrics/snapshot')).json()) as Record<string, number>;

const location = async ({ get }: Scene, path: string) => {
  const { status, headers } = await get(path);
  return `${status} ${headers.get('location')}`;
};

/** Subscribes a framework. @returns its events, and whether the stream has ended. */
async function subscribe(t: TestContext, { master }: Scene, id?: string) {
  const client = new HttpClient(`http://${master.address}`);
  t.after(() => client.close());
  const framework_info = { user: 'root', name: 'test', failover_timeout: 1000, ...(id && { id: { value: id } }) };
  const call = { type: 'SUBSCRIBE', subscribe: { framework_info }, ...(id && { framework_id: { value: id } }) };
  const headers = { 'Content-Type': 'application/json', Accept: 'application/json' };
  const { status, body } = await client.request('POST', '/api/v1/scheduler', { headers, body: JSON.stringify(call) });
  assert.equal(status, 200);
  const stream = { events: [] as SchedulerEvent[], ended: false };
  (async () => {
    const decoder = new RecordDecoder();
    for await (const piece of body) {
      for (const record of decoder.push(piece)) stream.events.push(JSON.parse(Buffer.from(record).toString()));
    }
  })()
    .catch(() => undefined)
    .finally(() => {
      stream.ended = true;
    });
  await eventually('SUBSCRIBED', () => stream.events.length > 0);
  return stream;
}

test('one that stands by leads to the leader, and tells about itself', async t => {
  const scene = await standby(t);
  const { contest, get } = scene;
  assert.equal(await (await get('/state')).text(), 'No leader elected');
  assert.equal((await get('/state')).status, 503);
  assert.equal(await location(scene, '/redirect'), `307 //${scene.master.address}`);
  contest.elect(other);
  assert.equal(await location(scene, '/redirect'), '307 //other.example:5050');
  assert.equal(await location(scene, '/master/redirect'), '307 //other.example:5050');
  for (const path of [
    '/state?a=1&b=%20',
    '/master/state',
    '/api/v1',
    '/registrar(1)/registry',
    '/',
    '/agents/S1/files/read?path=/a',
  ]) {
    assert.equal(await location(scene, path), `307 //other.example:5050${path}`);
  }
  for (const path of ['/health', '/master/health', '/version', '/flags', '/metrics/prometheus', '/logging/toggle'])
    assert.equal((await get(path)).status, 200, path);
  const call = await fetch(`http://${scene.master.address}/api/v1/scheduler`, {
    method: 'POST',
    body: '{}',
    redirect: 'manual',
  });
  assert.equal(call.status, 307);
  assert.equal((await metricsOf(scene))['master/elected'], 0);
});

test('browsers that ask for the web UI get a page that waits while no master leads; programs get words', async t => {
  const { contest, master } = await standby(t);
  const ask = async (path: string, Accept: string) => {
    const answer = await fetch(`http://${master.address}${path}`, { headers: { Accept }, redirect: 'manual' });
    return { status: answer.status, headers: answer.headers, text: await answer.text() };
  };
  const browser = 'text/html,application/xhtml+xml,*/*;q=0.8';
  const { status, headers, text } = await ask('/', browser);
  assert.deepEqual([status, headers.get('meseta-error')], [503, 'NO_LEADER']);
  assert.match(text, /No leader elected\. Tasks go on/);
  const [, script = ''] = /<script>(.*)<\/script>/s.exec(text) ?? [];
  const hash = createHash('sha256').update(script).digest('base64');
  assert.match(headers.get('content-security-policy') ?? '', /^default-src 'none';/);
  assert.ok(headers.get('content-security-policy')?.includes(`script-src 'sha256-${hash}';`));
  for (const [path, accept] of [
    ['/state', browser],
    ['/', '*/*'],
    ['/', 'application/json'],
  ] as const)
    assert.equal((await ask(path, accept)).text, 'No leader elected', `${path} for ${accept}`);

  // The leader was killed a moment ago.
  contest.elect({ ...other, hostname: '<localhost>', port: await freePort(), address: { ip: '127.0.0.1', port: 1 } });
  const dead = await ask('/', browser);
  assert.match(dead.text, /The leading master at &#60;localhost&#62;:\d+ does not answer/);
  assert.equal((await ask('/', '*/*')).status, 307);
});

test('endpoints that are disabled are so while a master stands by', async t => {
  const rules = '{"disabled_endpoints": {"paths": ["/master/state", "/metrics/snapshot"]}}';
  const scene = await standby(t, ['--registry=in_memory', `--firewall_rules=${rules}`]);
  scene.contest.elect(other);
  const headers = { Origin: 'http://evil.example' };
  for (const path of ['/state', '/master/state', '/state.json', '/metrics/snapshot']) {
    assert.equal((await scene.get(path)).status, 403, path);
  }
  assert.equal(await location(scene, '/frameworks'), '307 //other.example:5050/frameworks');
  const { status } = await fetch(`http://${scene.master.address}/frameworks`, { headers, redirect: 'manual' });
  assert.equal(status, 403, 'a page of another origin');
});

test('a term ends with all that belongs to it, and the next master takes over', async t => {
  const directory = mkdtempSync(join(tmpdir(), 'leadership-'));
  const scene = await standby(t, [`--work_dir=${directory}`]);
  t.after(() => rmSync(directory, { recursive: true })); // after the master that writes to it
  const { contest, get, master } = scene;
  await scene.lead();
  assert.equal((await metricsOf(scene))['master/elected'], 1);
  const metricNames = Object.keys(await metricsOf(scene)).filter(name => name.startsWith('master/'));
  const agent = await SimulatedAgent.start({ master: master.address, hostname: 'localhost' });
  t.after(() => agent.stop());
  const agentId = await agent.register();
  const stream = await subscribe(t, scene);
  const id = stream.events[0]?.subscribed?.framework_id.value ?? '';
  assert.match(id, new RegExp(`^${contest.latest.id}-`));
  await eventually('an offer', () => stream.events.some(({ type }) => type === 'OFFERS'));

  contest.elect(other);
  await eventually('the end of the stream', () => stream.ended);
  assert.equal(await location(scene, '/state'), '307 //other.example:5050/state');
  await eventually('the metrics of the term', async () => {
    const names = Object.keys(await metricsOf(scene)).filter(name => name.startsWith('master/'));
    return names.length < 5;
  });
  assert.match(
    String(scene.failures),
    /^LeadershipLostError: This master has lost the lead \(other\.example leads now\)/,
  );
  contest.elect(contest.latest);
  assert.equal((await get('/state')).status, 503, 'it does not lead again');
  await agent.stop();
  await master.stop();

  const next = await standby(t, [`--work_dir=${directory}`]);
  next.contest.lose();
  await eventually('another candidacy', () => next.contest.candidates.length === 2);
  const [first] = next.contest.candidates;
  assert.notEqual(next.contest.latest.id, first?.id, 'each candidacy has ids of its own');
  await next.lead();
  const state = (await (await next.get('/state')).json()) as { id: string; recovered_slaves?: { id: string }[] };
  assert.equal(state.id, next.contest.latest.id);
  assert.deepEqual(
    state.recovered_slaves?.map(each => each.id),
    [agentId],
  );
  const returned = await SimulatedAgent.start({ master: next.master.address, hostname: 'localhost' });
  t.after(() => returned.stop());
  const again = await subscribe(t, next, id);
  assert.equal(again.events[0]?.subscribed?.framework_id.value, id);
  await returned.register();
  await eventually('an offer', () => again.events.some(({ type }) => type === 'OFFERS'));
  const metrics = await metricsOf(next);
  assert.deepEqual(
    metricNames.filter(name => !(name in metrics)),
    [],
  );
  assert.deepEqual(next.failures, []);
});

const losses: [string, lose: (contest: ScriptedContest) => void, reason: RegExp][] = [
  ['its node', contest => contest.lose(), /its candidacy in the election is gone/],
  ['the leader', contest => contest.elect(undefined), /its candidacy in the election is gone/],
  ['the lead to another', contest => contest.elect(other), /other\.example leads now/],
];
for (const [what, lose, reason] of losses) {
  test(`a leading master that has lost ${what} fails and does not serve`, async t => {
    const scene = await standby(t);
    await scene.lead();
    lose(scene.contest);
    await eventually('the failure', () => scene.failures.length === 1);
    assert.match(String(scene.failures), reason);
    assert.notEqual((await scene.get('/state')).status, 200);
    assert.equal((await metricsOf(scene))['master/elected'], 0);
  });
}

test('a store that cannot be opened fails the master that is elected, not the one that stands by', async t => {
  const directory = mkdtempSync(join(tmpdir(), 'leadership-'));
  const leading = await standby(t, [`--work_dir=${directory}`]);
  await leading.lead();
  const second = await standby(t, [`--work_dir=${directory}`]);
  t.after(() => rmSync(directory, { recursive: true })); // after the masters that write to it
  assert.equal((await second.get('/health')).status, 200);
  second.contest.elect(second.contest.latest);
  await eventually('the failure', () => second.failures.length === 1);
  assert.match(String(second.failures[0]), /in use by another process/);
  assert.equal((await leading.get('/state')).status, 200);
});

const domainOf = (region: string, zone = 'z') => ({ fault_domain: { region: { name: region }, zone: { name: zone } } });

const regions: { name: string; own: string[]; leader: MasterInfo; fails: boolean }[] = [
  {
    name: 'another region',
    own: [`--domain=${JSON.stringify(domainOf('a'))}`],
    leader: { ...other, domain: domainOf('b') },
    fails: true,
  },
  {
    name: 'another zone',
    own: [`--domain=${JSON.stringify(domainOf('a'))}`],
    leader: { ...other, domain: domainOf('a', 'y') },
    fails: false,
  },
  { name: 'no domain', own: [`--domain=${JSON.stringify(domainOf('a'))}`], leader: other, fails: false },
  { name: 'a domain, where this one has none', own: [], leader: { ...other, domain: domainOf('b') }, fails: false },
];
for (const { name, own, leader, fails } of regions) {
  test(`a standby whose leader has ${name} ${fails ? 'fails' : 'stands by'}`, async t => {
    const scene = await standby(t, ['--registry=in_memory', ...own]);
    scene.contest.elect(leader);
    await new Promise(setImmediate);
    assert.equal(await location(scene, '/state'), '307 //other.example:5050/state');
    assert.equal(scene.failures.length, fails ? 1 : 0);
    if (fails)
      assert.match(
        String(scene.failures),
        /RegionMismatchError: .*other\.example is in region 'b', and this master in region 'a'/,
      );
  });
}
