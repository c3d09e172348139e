import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { type TestContext, test } from 'node:test';
import type { ExitStatus } from '@meseta/containers/shim';
import type { TaskInfo } from '@meseta/protocol';
import { eventually } from '@meseta/system/testing';
import { makeCertificate } from '../testing/certificate.ts';
import { type CheckHistory, checkHistory } from './check-history.ts';
import { CheckPacer } from './check-pacer.ts';
import { TaskChecks, type TaskChecksHost } from './task-checks.ts';

type Checked = Pick<TaskInfo, 'health_check' | 'check'>;

/** Time by hand; `log` is what the host of the checks heard. */
class Bench {
  nowMs = 0;
  /** By how much the time of the machine was set. */
  setMs = 0;
  timers: { atMs: number; f: () => void }[] = [];
  readonly log: string[] = [];
  readonly commands: { signal: AbortSignal; end: (exit: ExitStatus) => void }[] = [];
  readonly checks: TaskChecks;

  constructor(test: TestContext, info: Checked, host: Partial<TaskChecksHost> = {}, history?: CheckHistory, nowMs = 0) {
    this.nowMs = nowMs;
    const clock = {
      now: () => this.nowMs + this.setMs,
      steady: () => this.nowMs,
      random: () => 0.5,
      after: (ms: number, f: () => void) => {
        const timer = { atMs: this.nowMs + ms, f };
        this.timers.push(timer);
        return () => {
          this.timers = this.timers.filter(other => other !== timer);
        };
      },
    };
    this.checks = new TaskChecks(info, {
      clock,
      runCommand: (_command, signal) =>
        new Promise((resolve, reject) => {
          this.commands.push({ signal, end: resolve });
          signal.addEventListener('abort', () => reject(signal.reason));
        }),
      onHealth: ({ healthy, kill, message }) => {
        assert.equal(message, healthy ? undefined : this.log.at(-1)); // the latest problem
        this.log.push(`${healthy ? 'healthy' : 'unhealthy'}${kill ? ', kill' : ''}`);
      },
      onCheck: status => this.log.push(JSON.stringify(status)),
      onProblem: problem => this.log.push(problem),
      ...host,
    });
    this.checks.start(history);
    test.after(() => this.checks.stop());
  }

  /** To the next timer. */
  async advance(): Promise<number> {
    const next = this.timers.sort((a, b) => a.atMs - b.atMs).shift();
    assert.ok(next, 'nothing is waited for');
    this.nowMs = next.atMs;
    next.f();
    await settled();
    return this.nowMs;
  }

  async end(exit: ExitStatus): Promise<void> {
    this.commands.at(-1)?.end(exit);
    await settled();
  }
}

const settled = () => new Promise(resolve => setImmediate(() => setImmediate(resolve)));

const until = (done: () => boolean) => eventually(String(done), done);

const serve = (test: TestContext, listener: RequestListener) => listen(test, createServer(listener));

async function listen(test: TestContext, server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  test.after(() => server.close());
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

function* endless() {
  for (;;) yield Buffer.alloc(65_536);
}

const command = { value: 'true' };
const exited = (code: number): ExitStatus => ({ kind: 'exited', code });

test('delay, then the interval from the end of one check to the start of the next', async context => {
  const bench = new Bench(context, {
    health_check: { type: 'COMMAND', command, delay_seconds: 3, interval_seconds: 5, timeout_seconds: 60 },
  });
  assert.equal(await bench.advance(), 3000);
  bench.nowMs = 4000; // it takes a second
  await bench.end(exited(0));
  assert.equal(await bench.advance(), 9000);
  assert.deepEqual(bench.log, ['healthy']);
});

test('a check that outlives its timeout is aborted and has failed', async context => {
  const bench = new Bench(context, {
    health_check: { type: 'COMMAND', command, timeout_seconds: 2, grace_period_seconds: 0, consecutive_failures: 1 },
  });
  assert.equal(await bench.advance(), 15_000);
  assert.equal(bench.commands[0]?.signal.aborted, false);
  assert.equal(await bench.advance(), 17_000);
  assert.equal(bench.commands[0]?.signal.aborted, true);
  assert.deepEqual(bench.log, ['Health check failed: timed out after 2 s', 'unhealthy, kill']);
});

test('nothing is reported after stop, and what runs is aborted', async context => {
  const bench = new Bench(context, { health_check: { command, delay_seconds: 0 } });
  await bench.advance();
  bench.checks.stop();
  await settled();
  assert.equal(bench.commands[0]?.signal.aborted, true);
  assert.deepEqual([bench.log, bench.timers.length], [[], 0]);
});

const healthy = 'REASON_TASK_HEALTH_CHECK_STATUS_UPDATED';
const earlier = (...results: boolean[]): CheckHistory =>
  checkHistory(
    results.map(result => ({ task_id: { value: 't' }, state: 'TASK_RUNNING', reason: healthy, healthy: result })),
    0,
  );

const resumed: {
  name: string;
  history: CheckHistory;
  nowMs: number;
  firstAtMs: number;
  code: number;
  log: string[];
}[] = [
  {
    name: 'what is healthy, in the middle of an interval',
    history: earlier(true),
    nowMs: 50_000,
    firstAtMs: 55_000,
    code: 0,
    log: [],
  },
  {
    name: 'what was unhealthy',
    history: earlier(true, false),
    nowMs: 50_000,
    firstAtMs: 55_000,
    code: 0,
    log: ['healthy'],
  },
  {
    name: 'failures are counted on',
    history: earlier(true, false, false),
    nowMs: 50_000,
    firstAtMs: 55_000,
    code: 1,
    log: ['unhealthy, kill'],
  },
  { name: 'grace has ended', history: earlier(), nowMs: 50_000, firstAtMs: 55_000, code: 1, log: ['unhealthy'] },
  { name: 'the delay goes on', history: earlier(), nowMs: 10_000, firstAtMs: 15_000, code: 0, log: ['healthy'] },
];

for (const { name, history, nowMs, firstAtMs, code, log } of resumed) {
  test(`checks that an earlier agent made go on: ${name}`, async context => {
    const bench = new Bench(context, { health_check: { type: 'COMMAND', command } }, {}, history, nowMs);
    assert.equal(await bench.advance(), firstAtMs);
    await bench.end(exited(code));
    assert.deepEqual(
      bench.log.filter(line => !line.startsWith('Health')),
      log,
    );
  });
}

for (const setMs of [3_600_000, -3_600_000]) {
  test(`the grace period is as long as it should be when the clock is set by ${setMs} ms`, async context => {
    const check = {
      type: 'COMMAND',
      command,
      delay_seconds: 0,
      interval_seconds: 6,
      grace_period_seconds: 10,
    } as const;
    const bench = new Bench(context, { health_check: { ...check, consecutive_failures: 1 } });
    await bench.advance();
    bench.setMs = setMs;
    await bench.end(exited(1));
    assert.equal(await bench.advance(), 6000);
    await bench.end(exited(1));
    const told = () => bench.log.filter(line => !line.startsWith('Health'));
    assert.deepEqual(told(), []);
    assert.equal(await bench.advance(), 12_000);
    await bench.end(exited(1));
    assert.deepEqual(told(), ['unhealthy, kill']);
  });
}

test('a clock that was set back while there was no agent lengthens no grace period', async context => {
  const check = { type: 'COMMAND', command, delay_seconds: 0, grace_period_seconds: 10 } as const;
  const history: CheckHistory = { ...earlier(), sinceMs: 3_600_000 };
  const bench = new Bench(context, { health_check: { ...check, consecutive_failures: 1 } }, {}, history, 0);
  await bench.advance();
  bench.nowMs = 11_000;
  await bench.end(exited(1));
  assert.equal(bench.log.at(-1), 'unhealthy, kill');
});

test('a check that an earlier agent made tells changes only', async context => {
  const check = { type: 'COMMAND', command: { command } } as const;
  const history: CheckHistory = { ...earlier(), checkStatus: { type: 'COMMAND', command: { exit_code: 4 } } };
  const bench = new Bench(context, { check }, {}, history, 50_000);
  for (const code of [4, 5]) {
    await bench.advance();
    await bench.end(exited(code));
  }
  assert.deepEqual(bench.log, ['{"type":"COMMAND","command":{"exit_code":5}}']);
});

test('checks that are due together leave the event loop free', async () => {
  const pacer = new CheckPacer();
  const started: number[] = [];
  let turns = 0;
  const count = 40;
  for (let index = 0; index < count; index++) {
    pacer.start(() => {
      const end = performance.now() + 1;
      while (performance.now() < end); // as long as a check takes to start, and longer
      started.push(index);
    });
  }
  assert.ok(started.length < count, 'all started at once');
  while (started.length < count) {
    await new Promise(setImmediate);
    turns++;
  }
  assert.ok(turns >= 5, `all started in ${turns} turns of the event loop`);
  assert.deepEqual(
    started,
    Array.from({ length: count }, (_, index) => index),
  );
});

test('a check tells changes only; one that cannot be made is empty', async context => {
  const bench = new Bench(context, { check: { type: 'COMMAND', command: { command }, delay_seconds: 0 } });
  for (const exit of [exited(4), exited(4), { kind: 'signaled', signal: 9, core: false } as const, exited(0)]) {
    await bench.advance();
    await bench.end(exit);
  }
  assert.deepEqual(bench.log, [
    '{"type":"COMMAND","command":{"exit_code":4}}',
    'Check failed: Command terminated with signal Killed',
    '{"type":"COMMAND","command":{}}',
    '{"type":"COMMAND","command":{"exit_code":0}}',
  ]);
});

const answers: { path: string; statuses?: number[]; log: string[] }[] = [
  { path: '/200', log: ['healthy'] },
  { path: '200', log: ['healthy'] },
  { path: '/399', log: ['healthy'] },
  { path: '/404', log: ['Health check failed: Unexpected HTTP response code: 404', 'unhealthy, kill'] },
  { path: '/404?as=asked', statuses: [404], log: ['healthy'] },
  {
    path: '/200',
    statuses: [204],
    log: ['Health check failed: Unexpected HTTP response code: 200', 'unhealthy, kill'],
  },
  { path: '/redirect', log: ['healthy'] },
  { path: '/418', log: ['Health check failed: Unexpected HTTP response code: 418', 'unhealthy, kill'] },
  {
    path: '/file',
    log: [
      'Health check failed: HOST redirects to "file:///etc/passwd", which is no http or https address',
      'unhealthy, kill',
    ],
  },
  {
    path: '/endless',
    log: ['Health check failed: the answer of HOST is too large: its body has more than 16 MB', 'unhealthy, kill'],
  },
  {
    path: '/headers',
    log: [
      'Health check failed: the headers that HOST answers with are too large (HPE_HEADER_OVERFLOW): look into its log',
      'unhealthy, kill',
    ],
  },
  {
    path: '/broken',
    log: [
      'Health check failed: HOST broke the connection off (ECONNRESET): look into its log, or try again',
      'unhealthy, kill',
    ],
  },
];

for (const { path, statuses, log } of answers) {
  test(`HTTP ${path} ${statuses ?? ''}`, async context => {
    const port = await serve(context, (request, response) => {
      const name = request.url?.slice(1).split('?')[0] ?? '';
      if (name === 'redirect') response.writeHead(302, { Location: '/200' }).end();
      else if (name === 'file') response.writeHead(302, { Location: 'file:///etc/passwd' }).end();
      else if (name === 'headers') response.writeHead(200, { Large: 'x'.repeat(100_000) }).end();
      else if (name === 'endless')
        Readable.from(endless())
          .on('error', () => undefined)
          .pipe(response);
      else if (name === 'broken')
        response.writeHead(200, { 'Content-Length': 10 }).write('half', () => response.destroy());
      else response.writeHead(Number(name)).end('text');
    });
    const http = { port, path, ...(statuses && { statuses }) };
    const health_check = {
      type: 'HTTP',
      http,
      delay_seconds: 0,
      grace_period_seconds: 0,
      consecutive_failures: 1,
    } as const;
    const bench = new Bench(context, { health_check });
    await bench.advance();
    await until(() => bench.log.length === log.length);
    assert.deepEqual(
      bench.log,
      log.map(line => line.replace('HOST', `127.0.0.1:${port}`)),
    );
  });
}

test('an HTTP check tells the status, and nothing while nobody listens', async context => {
  const port = await serve(context, (_, response) => response.writeHead(503).end());
  const bench = new Bench(context, { check: { type: 'HTTP', http: { port }, delay_seconds: 0 } });
  await bench.advance();
  await until(() => bench.log.length === 1);
  assert.deepEqual(bench.log, ['{"type":"HTTP","http":{"status_code":503}}']);
});

test('HTTPS: nobody verifies the certificate; a redirect leads there, too', async context => {
  const directory = mkdtempSync(join(tmpdir(), 'meseta-checks-'));
  context.after(() => rmSync(directory, { recursive: true }));
  const secure = createTlsServer(makeCertificate(directory, 'DNS:elsewhere'), (_, response) => {
    response.writeHead(204).end();
  });
  const port = await listen(context, secure);
  const https = new Bench(context, {
    health_check: { type: 'HTTP', http: { scheme: 'https', port, path: '/', statuses: [204] }, delay_seconds: 0 },
  });
  await https.advance();
  await until(() => https.log.length === 1);
  assert.deepEqual(https.log, ['healthy']);
  const plain = await serve(context, (_, response) =>
    response.writeHead(301, { Location: `https://127.0.0.1:${port}/x` }).end(),
  );
  const check = new Bench(context, { check: { type: 'HTTP', http: { port: plain }, delay_seconds: 0 } });
  await check.advance();
  await until(() => check.log.length === 1);
  assert.deepEqual(check.log, ['{"type":"HTTP","http":{"status_code":204}}']);
});

test('TCP, on both protocols', async context => {
  for (const [host, protocol] of [
    ['127.0.0.1', 'IPv4'],
    ['::1', 'IPv6'],
  ] as const) {
    const server = createTcpServer(socket => socket.on('error', () => undefined)).listen(0, host);
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const check = { delay_seconds: 0, interval_seconds: 1, grace_period_seconds: 0, consecutive_failures: 1 };
    const bench = new Bench(context, { health_check: { ...check, type: 'TCP', tcp: { port, protocol } } });
    await bench.advance();
    await until(() => bench.log.length === 1);
    await new Promise(resolve => server.close(resolve));
    await until(() => bench.timers.length > 0);
    await bench.advance();
    await until(() => bench.log.length === 3);
    assert.equal(bench.log[0], 'healthy');
    assert.match(bench.log[1] ?? '', /^Health check failed: connection refused by \S+ \(ECONNREFUSED\): check/);
    assert.equal(bench.log[2], 'unhealthy, kill');
  }
});

test('a TCP check tells whether it connects', async context => {
  const server = createTcpServer(socket => socket.on('error', () => undefined)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const bench = new Bench(context, { check: { type: 'TCP', tcp: { port }, delay_seconds: 0 } });
  await bench.advance();
  await until(() => bench.log.length === 1);
  await new Promise(resolve => server.close(resolve));
  await until(() => bench.timers.length > 0);
  await bench.advance();
  await until(() => bench.log.length === 2);
  assert.deepEqual(bench.log, ['{"type":"TCP","tcp":{"succeeded":true}}', '{"type":"TCP","tcp":{"succeeded":false}}']);
});
