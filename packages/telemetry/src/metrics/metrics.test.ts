import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Timer } from './metric.ts';
import { Metrics } from './metrics.ts';
import { prometheusName } from './prometheus.ts';
import { ScopedMetrics } from './scoped-metrics.ts';
import { addEventLoopMetrics, addSystemMetrics } from './system.ts';

const recorded = JSON.parse(readFileSync(new URL('../../fixtures/mesos-metrics.json', import.meta.url), 'utf8'));

test('a snapshot is flat, sorted and finite', () => {
  const metrics = new Metrics();
  metrics.counter('b').increment();
  metrics.counter('b').increment(2);
  metrics.gauge('a', () => 0.5);
  metrics.gauge('c').set(7);
  metrics.gauge('nan', () => Number.NaN);
  metrics.gauge('infinite', () => 1 / 0);
  metrics.gauge('broken', () => {
    throw new Error('gone');
  });
  assert.equal(JSON.stringify(metrics.snapshot()), '{"a":0.5,"b":3,"c":7}');
  assert.equal([...metrics.prometheus()].join('').includes('NaN'), false);
});

test('a timer has the names that Mesos gives it, and statistics from the second sample on', () => {
  const metrics = new Metrics();
  const timer = metrics.timer('registrar/state_store_ms');
  assert.deepEqual(metrics.snapshot(), {});
  timer.record(4);
  assert.deepEqual(metrics.snapshot(), { 'registrar/state_store_ms': 4 });
  timer.record(2);
  const snapshot = metrics.snapshot();
  assert.deepEqual(Object.keys(snapshot), Object.keys(recorded.timer_metrics));
  assert.equal(snapshot['registrar/state_store_ms'], 2);
  assert.equal(snapshot['registrar/state_store_ms/p50'], 3);
  assert.equal(snapshot['registrar/state_store_ms/p90'], 3.8);
});

test("a timer's statistics are over its last samples, its count over all", () => {
  const timer = new Timer('x_ms');
  for (let i = 0; i < Timer.window * 2; i++) timer.record(i);
  assert.equal(timer.count, 2000);
  assert.equal(timer.last, 1999);
  assert.equal(timer.statistics()?.min, 1000);
});

test('a timer measures work that fails too', async () => {
  const timer = new Timer('x_ms');
  await assert.rejects(timer.time(() => Promise.reject(new Error('no'))));
  assert.equal(await timer.time(async () => 5), 5);
  assert.equal(timer.count, 2);
});

test('what comes before a reading has ended when the first value is read, and others may work between its steps', () => {
  const metrics = new ScopedMetrics(new Metrics());
  const prepared = new WeakMap<object, number>();
  metrics.gauge('sum', reading => prepared.get(reading) ?? -1);
  metrics.beforeReading(function* (reading) {
    for (let step = 1; step <= 3; step++) {
      prepared.set(reading, step);
      yield;
    }
  });
  assert.deepEqual([...metrics.entriesInSteps()], [undefined, undefined, undefined, ['sum', 3]]);
  assert.deepEqual(metrics.snapshot(), { sum: 3 });
  const pieces = [...metrics.prometheus()];
  assert.ok(pieces.indexOf('') === 0 && pieces.filter(piece => piece === '').length > 3);
  assert.match(pieces.join(''), /^sum 3$/m);
});

test('what comes before readings ends with the part of the process that it is for', () => {
  const registry = new Metrics();
  const metrics = new ScopedMetrics(registry);
  metrics.counter('one');
  metrics.beforeReading(function* () {
    yield;
  });
  assert.equal([...registry.entriesInSteps()].length, 2);
  metrics.end();
  assert.deepEqual([...registry.entriesInSteps()], []);
});

test('names have one owner and one kind', () => {
  const metrics = new Metrics();
  metrics.gauge('g', () => 1);
  assert.throws(() => metrics.gauge('g', () => 2), /already added/);
  assert.throws(() => metrics.counter('g'), /another kind/);
  metrics.remove('g');
  metrics.gauge('g', () => 2);
  metrics.counter('p/a/1');
  metrics.counter('p/a/2');
  metrics.counter('p/b/1');
  metrics.removeAll('p/a/');
  assert.deepEqual(Object.keys(metrics.snapshot()), ['g', 'p/b/1']);
});

const names: [name: string, family: string, labels: Record<string, string>][] = [
  ['master/tasks_running', 'master_tasks_running', {}],
  ['allocator/mesos/allocation_run_ms', 'allocator_mesos_allocation_run_ms', {}],
  [
    'master/frameworks/my fw/S-0000/calls/accept',
    'master_frameworks_calls_accept',
    { framework: 'my fw', framework_id: 'S-0000' },
  ],
  [
    'master/frameworks/f/S-0000/roles/a/b/suppressed',
    'master_frameworks_roles_suppressed',
    { framework: 'f', framework_id: 'S-0000', role: 'a/b' },
  ],
  ['frameworks/rec/messages_received', 'frameworks_messages_received', { principal: 'rec' }],
  [
    'allocator/mesos/quota/roles//resources/cpus/consumed',
    'allocator_mesos_quota_roles_resources_consumed',
    { role: '', resource: 'cpus' },
  ],
  ['allocator/mesos/roles/rec/shares/dominant', 'allocator_mesos_roles_shares_dominant', { role: 'rec' }],
  ['allocator/mesos/resources/mem/total', 'allocator_mesos_resources_total', { resource: 'mem' }],
  [
    'master/task_failed/source_slave/reason_container_launch_failed',
    'master_task_failed',
    { source: 'slave', reason: 'container_launch_failed' },
  ],
];
for (const [name, family, labels] of names) {
  test(`Prometheus: ${name}`, () => assert.deepEqual(prometheusName(name), { family, labels }));
}

test('Prometheus: text of all kinds', () => {
  const metrics = new Metrics();
  metrics.counter('master/frameworks/a"b\\c/S-1/events').increment(3);
  metrics.counter('master/frameworks/x/S-2/events');
  metrics.gauge('master/elected', () => 1);
  for (const value of [1, 3]) metrics.timer('run_ms').record(value);
  assert.equal(
    [...metrics.prometheus()].join(''),
    [
      '# HELP master_elected Mesos metric master/elected',
      '# TYPE master_elected gauge',
      'master_elected 1',
      '# HELP master_frameworks_events Mesos metric master/frameworks/{framework}/{framework_id}/events',
      '# TYPE master_frameworks_events counter',
      'master_frameworks_events{framework="a\\"b\\\\c",framework_id="S-1"} 3',
      'master_frameworks_events{framework="x",framework_id="S-2"} 0',
      '# HELP run_ms Mesos metric run_ms',
      '# TYPE run_ms summary',
      'run_ms{quantile="0.5"} 2',
      'run_ms{quantile="0.9"} 2.8',
      'run_ms{quantile="0.95"} 2.9',
      'run_ms{quantile="0.99"} 2.98',
      'run_ms{quantile="0.999"} 2.998',
      'run_ms{quantile="0.9999"} 2.9998',
      'run_ms_sum 4',
      'run_ms_count 2',
      '',
    ].join('\n'),
  );
});

test('Prometheus: a histogram has cumulative buckets; in a snapshot it is a timer', () => {
  const metrics = new Metrics();
  const histogram = metrics.histogram('modules/m/prepare/latency_ms');
  for (const value of [0.5, 4, 4, 60_000]) histogram.record(value);
  assert.equal(metrics.snapshot()['modules/m/prepare/latency_ms/count'], 4);
  const text = [...metrics.prometheus()].join('');
  assert.match(text, /# TYPE modules_latency_ms histogram\n/);
  const bucket = (bound: string) =>
    new RegExp(`^modules_latency_ms_bucket{module="m",method="prepare",le="${bound}"} (\\d+)$`, 'm').exec(text)?.[1];
  assert.deepEqual(['1', '2.5', '5', '30000', '\\+Inf'].map(bucket), ['1', '1', '3', '3', '4']);
  assert.match(text, /^modules_latency_ms_sum{module="m",method="prepare"} 60008.5$/m);
  assert.match(text, /^modules_latency_ms_count{module="m",method="prepare"} 4$/m);
});

test('Prometheus: every recorded name is valid, and no family and labels come twice', () => {
  const seen = new Set<string>();
  const plain = (recorded.metric_names as string[]).filter(name => !/\/(count|max|min|p\d+)$/.test(name));
  for (const name of plain) {
    const { family, labels } = prometheusName(name);
    assert.match(family, /^[a-zA-Z_][a-zA-Z0-9_]*$/);
    const key = JSON.stringify([family, labels]);
    assert.ok(!seen.has(key), name);
    seen.add(key);
  }
});

test('the machine and the event loop are measured', () => {
  const metrics = new Metrics();
  addSystemMetrics(metrics);
  const stop = addEventLoopMetrics(metrics);
  const snapshot = metrics.snapshot();
  for (const name of (recorded.metric_names as string[]).filter(each => each.startsWith('system/'))) {
    assert.ok(name in snapshot, name);
  }
  assert.ok('process/event_loop_delay_ms/p99' in snapshot);
  stop();
  assert.ok(!('process/event_loop_delay_ms/p99' in metrics.snapshot()));
});
