/** Log lines of real tasks into real sinks that stall, close and come back. */

import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { createServer as createTlsServer } from 'node:tls';
import { keepAliveClock } from '@meseta/system';
import { eventually, FakeClock, freePort } from '@meseta/system/testing';
import { makeCertificate } from '@meseta/tasks/testing';
import { Counters } from '../metrics/counters.ts';
import { ExecutorProcess } from '../testing/executor-process.ts';
import { Logstash, type LogstashOptions } from './logstash.ts';

class Sink {
  text = '';
  readonly sockets = new Set<Socket>();
  readonly server: Server;
  stalls = false;

  constructor(test: TestContext, server: Server) {
    this.server = server;
    server.on(
      server.listenerCount('secureConnection') >= 0 && 'setSecureContext' in server ? 'secureConnection' : 'connection',
      (socket: Socket) => {
        this.sockets.add(socket);
        socket.on('error', () => undefined).on('close', () => this.sockets.delete(socket));
        if (this.stalls) return void socket.pause();
        socket.setEncoding('utf8').on('data', piece => {
          this.text += piece;
        });
      },
    );
    test.after(() => this.close());
  }

  async listen(port = 0): Promise<number> {
    this.server.listen(port, '127.0.0.1');
    await once(this.server, 'listening');
    return (this.server.address() as AddressInfo).port;
  }

  get entries(): Record<string, unknown>[] {
    return this.text
      .split('\n')
      .slice(0, -1)
      .map(line => JSON.parse(line) as Record<string, unknown>);
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    if (!this.server.listening) return;
    this.server.close();
    await once(this.server, 'close');
  }
}

const tcpSink = (context: TestContext) => new Sink(context, createServer());

function logstash(context: TestContext, port: number, more: Partial<LogstashOptions> = {}) {
  const counters = new Counters();
  const problems: string[] = [];
  const sender = new Logstash({
    ...{ protocol: 'tcp', addresses: [{ host: '127.0.0.1', port }], bufferSize: 100, rateLimit: 0, sizeLimit: 0 },
    ...{ timeoutMs: 60_000, keepAliveMs: 5000, tls: {}, counters, clock: keepAliveClock },
    onProblem: (message, error) => problems.push(`${message}: ${(error as Error).message}`),
    ...more,
  });
  context.after(() => sender.close());
  const dropped = () =>
    (['RateExceeded', 'SizeExceeded', 'Timeout'] as const)
      .map(cause => counters.get(`servicelog.logstash.dropped.${cause}`))
      .concat(counters.get('servicelog.scrapped.dropped.BufferOverflow'));
  return { sender, counters, problems, dropped };
}

const label = (pairs: Record<string, string>) => ({
  labels: Object.entries(pairs).map(([key, value]) => ({ key, value })),
});

test('a task: fields, ignored keys, what does not parse', async context => {
  const sink = tcpSink(context);
  const port = await sink.listen();
  const executor = await ExecutorProcess.make(context);
  executor.start({
    MESETA_EXECUTOR_SERVICELOG_LOGSTASH_ADDRESS: `127.0.0.1:${port}`,
    MESETA_EXECUTOR_SERVICELOG_IGNORE_KEYS: 'noise, other',
    ...{ CLOUD_HOSTNAME: 'host', CLOUD_REGION: 'r', CLOUD_AVAILABILITY_ZONE: 'z' },
  });
  await executor.launch(
    `echo 'time=T level=warn msg="two words" noise=x'; echo 'level=err msg=e' > /dev/stderr; echo plain words; printf 'last=line'`,
    { labels: label({ 'log-scraping': 'logfmt', scId: '17' }) },
  );
  assert.equal(await executor.ended(), 0);
  await eventually('three entries', () => sink.entries.length === 3);
  const [first] = sink.entries.filter(({ level }) => level === 'warn');
  assert.deepEqual(first, {
    ...{ '@timestamp': 'T', '@version': 1, message: 'two words', level: 'warn' },
    ...{ 'instance-id': 'e', scid: 17, srchost: 'host', region: 'r', zone: 'z' },
  });
  await executor.says(/^plain words$/m);
  assert.ok(sink.entries.some(({ last }) => last === 'line'));
});

test('a task whose label wants all lines; logstash is json', async context => {
  const sink = tcpSink(context);
  const port = await sink.listen();
  const executor = await ExecutorProcess.make(context);
  executor.start({ ALLEGRO_EXECUTOR_SERVICELOG_LOGSTASH_ADDRESS: `127.0.0.1:${port}` });
  await executor.launch(`echo '{"msg": "json"}'; echo plain words`, {
    labels: label({ 'log-scraping': 'logstash', 'log-scraping-all': 'true' }),
  });
  assert.equal(await executor.ended(), 0);
  await eventually('both', () => sink.entries.length === 2);
  assert.deepEqual(
    sink.entries.map(({ message, logger }) => [message, logger]),
    [
      ['json', undefined],
      ['plain words', 'invalid-format'],
    ],
  );
});

test('a task never waits for a sink: one that stalls, one that is not there', async context => {
  const sink = tcpSink(context);
  sink.stalls = true;
  const port = await sink.listen();
  for (const address of [`127.0.0.1:${port}`, '127.0.0.1:1']) {
    const executor = await ExecutorProcess.make(context);
    executor.start({
      MESETA_EXECUTOR_SERVICELOG_LOGSTASH_ADDRESS: address,
      MESETA_EXECUTOR_SERVICELOG_LOGSTASH_TCP_TIMEOUT: '200ms',
    });
    // Ten times what the pipes and sockets in between could hold.
    await executor.launch(
      `yes 'level=info msg="${'x'.repeat(100)}"' | head -c 20000000; echo done >&2; echo done > done`,
      {
        labels: label({ 'log-scraping': 'logfmt' }),
      },
    );
    assert.equal(await executor.ended(), 0);
    assert.equal(await executor.read('done'), 'done\n');
    assert.equal(executor.states.at(-1), 'FINISHED');
  }
});

test('what waits is sent when the sink comes back; the oldest goes when the buffer is full', async context => {
  const sink = tcpSink(context);
  const port = await freePort();
  const { sender, dropped } = logstash(context, port, { bufferSize: 3 });
  for (let i = 0; i < 5; i++) sender.send(`{"i":${i}}\n`);
  await sink.listen(port);
  await eventually('the entries', () => sink.entries.length === 3);
  assert.deepEqual(
    sink.entries.map(({ i }) => i),
    [2, 3, 4],
  );
  assert.deepEqual(dropped(), [0, 0, 0, 2]);
});

test('a sink that closes and comes back', async context => {
  const sink = tcpSink(context);
  const port = await sink.listen(await freePort());
  const { sender, problems } = logstash(context, port);
  sender.send('{"i":1}\n');
  await eventually('the first', () => sink.entries.length === 1);
  await sink.close();
  await eventually('the loss of the connection', () => problems.length > 0);
  await sink.listen(port);
  sender.send('{"i":2}\n');
  await eventually('the second', () => sink.entries.length === 2);
});

test('a stalled connection is given up, and its entries are counted', async context => {
  const sink = tcpSink(context);
  sink.stalls = true;
  const port = await sink.listen();
  const { sender, counters, dropped } = logstash(context, port, { timeoutMs: 100, bufferSize: 10 });
  const line = `{"text":"${'x'.repeat(100_000)}"}\n`;
  const send = setInterval(() => sender.send(line), 1);
  await eventually('a drop by time', () => dropped()[2]! > 0);
  clearInterval(send);
  await sender.close();
  const sent = counters.get('servicelog.logstash.sent');
  assert.ok(sent + dropped().reduce((sum, count) => sum + count, 0) > 0);
});

test('rate and size', async context => {
  const sink = tcpSink(context);
  const port = await sink.listen();
  const clock = new FakeClock();
  const { sender, dropped } = logstash(context, port, { rateLimit: 3, sizeLimit: 12, clock });
  for (const text of ['{"i":1}\n', `{"i":"äöüäöü"}\n`, '{"i":2}\n', '{"i":1234}\n', '{"i":3}\n']) sender.send(text);
  await eventually('three', () => sink.entries.length === 3);
  assert.deepEqual(
    sink.entries.map(({ i }) => i),
    [1, 2, 1234],
  );
  assert.deepEqual(dropped(), [1, 1, 0, 0]);
  clock.advance(1000);
  for (const i of [4, 5, 6, 7]) sender.send(`{"i":${i}}\n`);
  await eventually('three more', () => sink.entries.length === 6);
  assert.deepEqual(dropped(), [2, 1, 0, 0]);
});

test('instances are found, and used in turn', async context => {
  const sinks = [tcpSink(context), tcpSink(context)];
  const ports = [await sinks[0]!.listen(), await sinks[1]!.listen()];
  let calls = 0;
  const find = async () => {
    calls++;
    if (calls === 1) throw new Error('not yet');
    return ports.map(port => ({ host: '127.0.0.1', port }));
  };
  const clock = new FakeClock();
  const { sender, problems } = logstash(context, 1, { addresses: [], discovery: { find, refreshMs: 500 }, clock });
  const lookedUp = (times: number) =>
    eventually(`look-up ${times}`, () => {
      if (calls < times) clock.advance(500);
      return calls >= times;
    });
  await lookedUp(2);
  await eventually('both connections', () => sinks.every(({ sockets }) => sockets.size === 1));
  await lookedUp(4); // the connections are kept
  for (let i = 0; i < 10; i++) sender.send(`{"i":${i}}\n`);
  await eventually('all', () => sinks[0]!.entries.length + sinks[1]!.entries.length === 10);
  assert.deepEqual(
    sinks.map(({ entries }) => entries.length),
    [5, 5],
  );
  assert.match(problems[0] ?? '', /not yet/);
});

test('UDP: a datagram an entry; too large a one is dropped', async context => {
  const socket = createSocket('udp4');
  const received: string[] = [];
  socket.on('message', message => received.push(message.toString()));
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  context.after(() => socket.close());
  const { sender, dropped } = logstash(context, socket.address().port, { protocol: 'udp' });
  sender.send('{"i":1}\n');
  sender.send(`{"i":"${'x'.repeat(70_000)}"}\n`);
  sender.send('{"i":2}\n');
  await eventually('both', () => received.length === 2);
  assert.deepEqual(received, ['{"i":1}\n', '{"i":2}\n']);
  assert.deepEqual(dropped(), [0, 1, 0, 0]);
});

test('TLS: verified, by name and authority', async context => {
  const executor = await ExecutorProcess.make(context);
  const directory = executor.sandbox;
  const sink = new Sink(context, createTlsServer(makeCertificate(directory, 'DNS:logs.example')));
  const port = await sink.listen();
  const environment = {
    MESETA_EXECUTOR_SERVICELOG_LOGSTASH_PROTOCOL: 'tls',
    MESETA_EXECUTOR_SERVICELOG_LOGSTASH_ADDRESS: `127.0.0.1:${port}`,
    MESETA_EXECUTOR_SERVICELOG_LOGSTASH_TLS_CA: `${directory}/cert.pem`,
    MESETA_EXECUTOR_SERVICELOG_LOGSTASH_TLS_SERVER_NAME: 'logs.example',
  };
  executor.start(environment);
  await executor.launch('echo msg=over-tls', { labels: label({ 'log-scraping': 'logfmt' }) });
  assert.equal(await executor.ended(), 0);
  await eventually('the entry', () => sink.entries.length === 1);

  const { sender, dropped, problems } = logstash(context, port, {
    protocol: 'tls',
    timeoutMs: 500,
    tls: { servername: 'logs.example' },
  });
  sender.send('{"i":1}\n');
  await eventually('the drop, for what is wrong', () => dropped()[2] === 1 && problems.length > 0);
  assert.match(problems[0] ?? '', /self-signed certificate/);
  assert.equal(sink.entries.length, 1);
});

test('refused at start: TLS files that cannot be read', async context => {
  const executor = await ExecutorProcess.make(context);
  executor.start({
    MESETA_EXECUTOR_SERVICELOG_LOGSTASH_PROTOCOL: 'tls',
    MESETA_EXECUTOR_SERVICELOG_LOGSTASH_TLS_CA: '/none.pem',
  });
  assert.equal(await executor.ended(), 1);
  await executor.says(/SERVICELOG_LOGSTASH_TLS_CA='\/none.pem' cannot be read/);
  assert.deepEqual(executor.agent.calls, []);
});

test('refused at start: TLS files that are no certificates', async context => {
  const executor = await ExecutorProcess.make(context);
  const { certPath, keyPath } = makeCertificate(executor.sandbox);
  executor.start({
    MESETA_EXECUTOR_SERVICELOG_LOGSTASH_PROTOCOL: 'tls',
    MESETA_EXECUTOR_SERVICELOG_LOGSTASH_TLS_CERT: keyPath,
    MESETA_EXECUTOR_SERVICELOG_LOGSTASH_TLS_KEY: certPath,
  });
  assert.equal(await executor.ended(), 1);
  await executor.says(/SERVICELOG_LOGSTASH_TLS_CA, _CERT or _KEY cannot be used: /);
  assert.deepEqual(executor.agent.calls, []);
});
