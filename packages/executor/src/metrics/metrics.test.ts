import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { test } from 'node:test';
import { eventually, FakeClock } from '@meseta/system/testing';
import { ExecutorProcess } from '../testing/executor-process.ts';
import { Counters } from './counters.ts';
import { Graphite, graphitePrefix } from './graphite.ts';
import { prometheusText } from './prometheus.ts';

test('Graphite: all numbers, at the end at the latest', async context => {
  let text = '';
  const server = createServer(socket => socket.on('data', piece => (text += piece)).on('error', () => undefined));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => server.close());
  const executor = await ExecutorProcess.make(context);
  executor.start({
    MESETA_EXECUTOR_GRAPHITE_HOST: '127.0.0.1',
    MESETA_EXECUTOR_GRAPHITE_PORT: String((server.address() as AddressInfo).port),
    MESOS_HOSTNAME: 'a.b',
  });
  await executor.launch('true');
  assert.equal(await executor.ended(), 0);
  await eventually('the numbers', () => /dropped\.BufferOverflow/.test(text) && text.endsWith('\n'));
  assert.match(text, /^allegro\.executor\.a_b\.e\.servicelog\.logstash\.dropped\.Timeout 0 \d{10}$/m);
});

test('Graphite: once a minute, with the time', async context => {
  const texts: string[] = [];
  const server = createServer(async socket => {
    let text = '';
    for await (const piece of socket.setEncoding('utf8')) text += piece;
    texts.push(text);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => server.close());
  const clock = new FakeClock(1_700_000_000_000);
  const { port } = server.address() as AddressInfo;
  const problems: string[] = [];
  const onProblem = (message: string) => void problems.push(message);
  const graphite = new Graphite(new Counters(), { host: '127.0.0.1', port, prefix: 'p', clock, onProblem });
  for (const minute of [1, 2]) {
    clock.advance(60_000);
    await eventually('the numbers', () => texts.length === minute);
    assert.match(texts.at(-1) ?? '', new RegExp(`^p\\.updates\\.sent 0 ${1_700_000_000 + minute * 60}$`, 'm'));
  }
  await graphite.close();
  assert.equal(clock.pending, 0);
  await eventually('the last numbers', () => texts.length === 3);
  assert.deepEqual(problems, []);
});

test('names of Graphite', () => assert.equal(graphitePrefix('p.q', 'h.i', 'e.1'), 'p.q.h_i.e_1'));

test("Prometheus' text", () => {
  const counters = new Counters();
  counters.add('servicelog.logstash.dropped.RateExceeded', 3);
  const lines = prometheusText(counters).split('\n');
  assert.ok(lines.includes('# TYPE meseta_executor_servicelog_logstash_dropped_rate_exceeded_total counter'));
  assert.ok(lines.includes('meseta_executor_servicelog_logstash_dropped_rate_exceeded_total 3'));
  assert.ok(lines.includes('meseta_executor_servicelog_received_total 0'));
});

test('Prometheus: served; a busy address costs no task', async context => {
  const busy = createServer().listen(0, '127.0.0.1');
  await once(busy, 'listening');
  const { port } = busy.address() as AddressInfo;
  const executor = (await ExecutorProcess.make(context)).start({
    MESETA_EXECUTOR_PROMETHEUS_ADDRESS: `127.0.0.1:${port}`,
  });
  await executor.launch('true');
  assert.equal(await executor.ended(), 0);
  await executor.says(/Metrics cannot be served/);
  await new Promise(resolve => busy.close(resolve));
  const serving = (await ExecutorProcess.make(context)).start({
    MESETA_EXECUTOR_PROMETHEUS_ADDRESS: `127.0.0.1:${port}`,
  });
  await serving.launch('sleep 1000');
  await serving.state('RUNNING');
  const text = await eventually('metrics', async () => (await fetch(`http://127.0.0.1:${port}/metrics`)).text());
  assert.match(text, /meseta_executor_updates_sent_total 2/);
});

test('Sentry', async context => {
  const requests: { url: string | undefined; auth: unknown; body: string }[] = [];
  const server = createHttpServer((request, response) => {
    let body = '';
    request.on('data', piece => {
      body += piece;
    });
    request.on('end', () => {
      requests.push({ url: request.url, auth: request.headers['x-sentry-auth'], body });
      response.end('{}');
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const executor = await ExecutorProcess.make(context);
  executor.start({
    MESETA_EXECUTOR_SENTRY_DSN: `http://hush@127.0.0.1:${(server.address() as AddressInfo).port}/sub/42`,
    MESETA_EXECUTOR_EXEC_HOOK_COMMAND: 'test $1 != BeforeTaskStart',
  });
  await executor.launch('true');
  assert.equal(await executor.ended(), 0);
  assert.equal(requests[0]?.url, '/sub/api/42/envelope/');
  assert.match(String(requests[0]?.auth), /sentry_key=hush/);
  assert.match(requests[0]?.body ?? '', /Hook 'exec' failed on BeforeTaskStart/);
  assert.doesNotMatch(executor.output, /hush/);
});
