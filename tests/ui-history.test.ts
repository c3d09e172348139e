/** What metrics were, as a real master answers it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { needsZooKeeper } from '@meseta/storage/testing';
import { eventually } from '@meseta/system/testing';
import { Cluster } from './support/cluster.ts';
import type { Daemon } from './support/daemon.ts';
import { shellTask } from './support/framework.ts';
import { ElectionScene } from './support/high-availability.ts';

const step = 5000;

interface Answer {
  readonly window: string;
  readonly step_ms: number;
  readonly from: number;
  readonly until: number;
  readonly times: readonly (number | null)[];
  readonly series: Readonly<Record<string, readonly (number | null)[]>>;
}

async function history(master: Daemon, names: string, more = ''): Promise<Answer> {
  const { status, text } = await master.ask(`/ui/history?names=${names}${more}`);
  assert.equal(status, 200, text);
  const answer: Answer = JSON.parse(text);
  const slots = (answer.until - answer.from) / answer.step_ms;
  for (const list of [answer.times, ...Object.values(answer.series)]) assert.equal(list.length, slots);
  for (const [index, time] of answer.times.entries()) {
    const begin = answer.from + index * answer.step_ms;
    if (time !== null) assert.ok(time >= begin && time < begin + answer.step_ms, 'a time is within its slot');
  }
  return answer;
}

/** Waits until a sample is there that was taken at `time` or later, and returns the answer with it. */
function sampledSince(master: Daemon, time: number, names: string): Promise<Answer> {
  return eventually(`a sample of ${master.port}`, async () => {
    const answer = await history(master, names);
    return (answer.times.at(-1) ?? 0) >= time && answer;
  });
}

test('the history of metrics has the numbers of the metrics, with the time of each sample', async t => {
  const cluster = await Cluster.start(t);
  const { master } = cluster;
  const framework = await cluster.framework();
  await framework.run(shellTask('runs', 'sleep 1000'));
  await framework.reaches('runs', 'TASK_RUNNING');
  const before = Date.now();
  const names = 'master/tasks_running,master/cpus_total,master/cpus_used,master/valid_status_updates_per_sec';
  const answer = await sampledSince(master, before, names);
  const last = (name: string) => answer.series[name]?.at(-1);
  const metrics = await cluster.get('/metrics/snapshot');
  assert.deepEqual([answer.window, answer.step_ms, answer.times.length], ['1h', step, 720]);
  assert.equal(last('master/tasks_running'), 1);
  for (const name of ['master/cpus_total', 'master/cpus_used']) assert.equal(last(name), metrics[name], name);
  assert.equal(answer.times[0], null, 'nothing is known of the time before the master led');
  const day = await history(master, names, '&window=24h');
  assert.deepEqual([day.window, day.step_ms, day.times.length], ['24h', 60_000, 1440]);

  await t.test('asked for what is new', async () => {
    const begun = Date.now();
    const whole = await history(master, names);
    const nothing = await history(master, names, `&since=${whole.until}`);
    assert.ok(nothing.times.length <= 1 + (Date.now() - begun) / step, 'at most what was sampled meanwhile');
    const one = await history(master, names, `&since=${whole.until - step}`);
    assert.equal(one.from, whole.until - step);
    assert.ok(one.times.includes(whole.times.at(-1) ?? 0));
    assert.equal((await history(master, names, '&since=0')).times.length, 720);
    assert.equal((await history(master, names, `&since=${whole.until + 3_600_000}`)).times.length, 720);
  });

  await t.test('asked for what there is', async () => {
    const { names: known, windows } = await cluster.get('/ui/history');
    assert.ok(known.includes('master/tasks_running'));
    assert.deepEqual(windows, { '1h': { step_ms: 5000, slots: 720 }, '24h': { step_ms: 60_000, slots: 1440 } });
    const all = await history(master, known.join(','));
    assert.deepEqual(Object.keys(all.series), known);
    const unknown = known.filter((name: string) => !(name in metrics) && !name.endsWith('_per_sec'));
    assert.deepEqual(
      unknown.filter((name: string) => all.series[name]?.some(value => value !== null)),
      [],
    );
  });

  for (const [query, message] of [
    ['names=master/tasks_running,no', /There is no history of 'no' in 'names'\. Allowed: master\/cpus_total, /],
    ['names=', /There is no history of ''/],
    ['names=constructor', /There is no history of 'constructor'/],
    ['names=master/tasks_running&window=2h', /There is no window '2h'\. Allowed: 1h and 24h/],
    ['names=master/tasks_running&window=toString', /There is no window 'toString'/],
    ['names=master/tasks_running&since=now', /Invalid 'since' 'now'\. Allowed: milliseconds since the epoch/],
    ['names=master/tasks_running&since=-1', /Invalid 'since' '-1'/],
  ] as const) {
    await t.test(`refuses ${query}`, async () => {
      const refused = await fetch(`${master.origin}/ui/history?${query}`);
      assert.deepEqual([refused.status, refused.headers.get('meseta-error')], [400, 'PARAMETER_INVALID']);
      assert.match(await refused.text(), message);
    });
  }
});

test('the history of metrics has gaps where the master was held up or did not run', async t => {
  const { master } = await Cluster.start(t, { agents: [] });
  const name = 'master/slaves_active';
  const { times } = await sampledSince(master, 1, name);
  const first = times.at(-1) ?? 0;
  await master.kill('SIGSTOP');
  // A whole slot passes at least, with its middle.
  const stopped = Date.now();
  await eventually('two slots to pass', () => Date.now() > stopped + 2 * step);
  await master.kill('SIGCONT');
  const answer = await sampledSince(master, stopped + 2 * step, name);
  const slotOf = (time: number) => Math.floor((time - answer.from) / step);
  const between = answer.times.slice(slotOf(first) + 1, slotOf(stopped + 2 * step));
  assert.ok(between.includes(null), 'slots in which it was stopped are empty');
  for (const time of between) assert.ok(time === null || time <= stopped, 'nothing is put into them');
  for (const [index, time] of answer.times.entries())
    assert.equal(answer.series[name]?.[index], time === null ? null : 0);

  await master.kill();
  await master.start();
  const again = Date.now();
  const { times: later } = await sampledSince(master, again, name);
  assert.ok(!later.includes(first), 'a master that was started again knows nothing of before');
});

test('the history of metrics begins when a master leads', needsZooKeeper, async t => {
  const scene = await ElectionScene.start(t, { masters: 2, masterFlags: { quorum: 1 } });
  const first = await scene.leader();
  await sampledSince(first, 1, 'master/slaves_active');
  const standby = scene.masters.find(master => master !== first) as Daemon;
  const url = '/ui/history?names=master/slaves_active';
  // Until it knows who leads, it has nobody to redirect to.
  const redirected = await eventually('a redirection of the standby', async () => {
    const answer = await fetch(`${standby.origin}${url}`, { redirect: 'manual' });
    return answer.status !== 503 && answer;
  });
  assert.deepEqual([redirected.status, redirected.headers.get('location')], [307, `//${first.address}${url}`]);
  const killed = Date.now();
  await first.kill();
  const next = await scene.leader(first);
  assert.equal(next, standby);
  const { times } = await sampledSince(next, killed, 'master/slaves_active');
  const known = times.filter(time => time !== null);
  assert.ok(
    known.every(time => time >= killed),
    'nothing is known of the time when another master led',
  );
});
