/**
 * Wrong, huge, slow and lying input, while a framework that behaves keeps launching tasks: the daemons stay, nobody gets
 * an answer that blames the daemon (5xx), the framework is served, and memory stays small.
 *
 * `HOSTILE_SEED` repeats a run, `HOSTILE_ROUNDS` makes it longer.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import {
  AgentCall,
  type CommandInfo,
  ExecutorCall,
  type ExecutorInfo,
  findMessageType,
  MasterCall,
  type MessageType,
  type Offer,
  type OfferOperation,
  type Resource,
  SchedulerCall,
  type TaskInfo,
} from '@meseta/protocol';
import { Cluster } from './support/cluster.ts';
import type { Daemon } from './support/daemon.ts';
import { Framework, scalars, taskOn } from './support/framework.ts';
import { HostileValues } from './support/hostile-values.ts';
import { until } from './support/meseta.ts';
import { Random } from './support/random.ts';
import { converse, type RawRequest, render, statusOf } from './support/raw-http.ts';

const random = new Random(Number(process.env.HOSTILE_SEED ?? 1));
const rounds = Number(process.env.HOSTILE_ROUNDS ?? 12);
const megabyte = 1024 * 1024;

/** Sends requests, a few at a time; no answer may blame the daemon. Gives how often each status came. */
async function attack(daemon: Daemon, requests: Iterable<RawRequest>): Promise<Map<number | undefined, number>> {
  const statuses = new Map<number | undefined, number>();
  const queue = Iterator.from(requests);
  const one = async () => {
    for (const request of queue) {
      const status = await statusOf(daemon.port, render(request));
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      const blamed = status !== undefined && status >= 500 && status !== 501;
      assert.ok(
        !blamed,
        `${status} for ${request.path} ${JSON.stringify(request.headers)}\n${Buffer.from(request.body ?? '')
          .subarray(0, 5000)
          .toString()}`,
      );
    }
  };
  await Promise.all(Array.from({ length: 8 }, one));
  return statuses;
}

const types = (callType: MessageType<unknown>) => [
  ...(callType.byName.get('type')?.enumeration?.numberOf.keys() ?? []),
];

/** Every call of an API, in JSON and in protobuf, `rounds` times each; `keep` leaves calls out. */
function* calls(
  callType: MessageType<unknown>,
  path: string,
  values: HostileValues,
  options: { fixed?: Record<string, unknown>; headers?: Record<string, string>; keep?: (type: string) => boolean } = {},
): Generator<RawRequest> {
  const { fixed = {}, headers = {}, keep = () => true } = options;
  for (const type of types(callType).filter(keep)) {
    const body = callType.byName.get(type.toLowerCase())?.message;
    for (let round = 0; round < rounds; round++) {
      const content = () => ({
        ...(body && random.below(10) > 0 ? { [type.toLowerCase()]: values.message(body, 0) } : {}),
        ...fixed,
        type,
      });
      yield {
        path,
        headers: { 'Content-Type': 'application/json', Accept: 'application/json', ...headers },
        body: values.json(callType, content()),
      };
      yield {
        path,
        headers: { 'Content-Type': 'application/x-protobuf', ...headers },
        body: values.bytes(callType, content()),
      };
    }
  }
}

const agentMessages = [
  'RegisterSlaveMessage',
  'ReregisterSlaveMessage',
  'UnregisterSlaveMessage',
  'UpdateSlaveMessage',
  'StatusUpdateMessage',
  'ExitedExecutorMessage',
  'ExecutorToFrameworkMessage',
  'UpdateOperationStatusMessage',
  'PongSlaveMessage',
];
const schedulerMessages = [
  'RegisterFrameworkMessage',
  'ReregisterFrameworkMessage',
  'UnregisterFrameworkMessage',
  'DeactivateFrameworkMessage',
  'ResourceRequestMessage',
  'LaunchTasksMessage',
  'ReviveOffersMessage',
  'KillTaskMessage',
  'StatusUpdateAcknowledgementMessage',
  'FrameworkToExecutorMessage',
  'ReconcileTasksMessage',
];
const toAgent = [
  'SlaveRegisteredMessage',
  'SlaveReregisteredMessage',
  'PingSlaveMessage',
  'ShutdownMessage',
  'RunTaskMessage',
  'RunTaskGroupMessage',
  'KillTaskMessage',
  'StatusUpdateAcknowledgementMessage',
  'FrameworkToExecutorMessage',
  'UpdateFrameworkMessage',
  'ShutdownFrameworkMessage',
  'ShutdownExecutorMessage',
  'DrainSlaveMessage',
  'CheckpointResourcesMessage',
  'ApplyOperationMessage',
  'ReconcileOperationsMessage',
  'AcknowledgeOperationStatusMessage',
  'RegisterExecutorMessage',
  'ReregisterExecutorMessage',
  'StatusUpdateMessage',
  'ExecutorToFrameworkMessage',
];

/** libprocess messages of a stranger, or of whoever `sender` names. */
function* messages(
  receiver: string,
  names: readonly string[],
  values: HostileValues,
  sender?: string,
): Generator<RawRequest> {
  for (const name of names.map(each => `mesos.internal.${each}`)) {
    const type = findMessageType(name);
    assert.ok(type, name);
    for (let round = 0; round < rounds; round++) {
      const from =
        sender ??
        random.pick(['x@127.0.0.1:1', 'slave(1)@127.0.0.1:99999', 'é@[::1]:5', '@', `${'z'.repeat(9000)}@1.2.3.4:5`]);
      yield {
        path: `/${receiver}/${name}`,
        headers: { 'Libprocess-From': from, 'User-Agent': `libprocess/${from}` },
        body: values.bytes(type),
      };
    }
  }
}

/** Operations with about everything in them that an agent takes. */
function everyOperation(offer: Offer, id: string): OfferOperation[] {
  const command: CommandInfo = {
    shell: true,
    value: 'true',
    environment: { variables: [{ name: 'NAME', type: 'VALUE', value: 'x' }] },
    uris: [{ value: '/etc/hostname', executable: false, extract: false, cache: false, output_file: 'hostname' }],
  };
  const volume: Resource = {
    name: 'disk',
    type: 'SCALAR',
    scalar: { value: 1 },
    allocation_info: { role: 'enemy' },
    reservations: [{ type: 'DYNAMIC', role: 'enemy', labels: { labels: [{ key: 'a', value: 'b' }] } }],
    disk: { persistence: { id }, volume: { mode: 'RW', container_path: 'data' } },
  };
  const { disk: _, ...reserved } = volume;
  const task = (name: string): TaskInfo => ({
    ...taskOn(offer, { task_id: { value: `${id}-${name}` }, command }),
    kill_policy: { grace_period: { nanoseconds: 1e9 } },
    max_completion_time: { nanoseconds: 5e9 },
    labels: { labels: [{ key: 'k', value: 'v' }] },
    discovery: { visibility: 'CLUSTER', name: 'n', ports: { ports: [{ number: 80, name: 'http', protocol: 'tcp' }] } },
  });
  const executor: ExecutorInfo = {
    type: 'CUSTOM',
    executor_id: { value: `${id}-e` },
    ...(offer.framework_id ? { framework_id: offer.framework_id } : {}),
    command: { ...command, value: 'exit 1' },
    resources: scalars(offer, { cpus: 0.1, mem: 32 }),
    shutdown_grace_period: { nanoseconds: 1e9 },
  };
  const { command: __, ...custom } = task('custom');
  return [
    { type: 'RESERVE', reserve: { resources: [reserved] } },
    { type: 'CREATE', create: { volumes: [volume] } },
    {
      type: 'LAUNCH',
      launch: {
        task_infos: [
          task('plain'),
          { ...task('volume'), resources: [...scalars(offer, { cpus: 0.1, mem: 32 }), volume] },
          { ...custom, executor },
        ],
      },
    },
    { type: 'DESTROY', destroy: { volumes: [volume] } },
    { type: 'UNRESERVE', unreserve: { resources: [reserved] } },
  ];
}

/** Memory a process has had at most, in bytes. */
const peakMemory = (pid: number) =>
  Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024;

/** A framework that behaves; it ends one task after the other. */
class Service {
  readonly framework: Framework;
  #running = true;
  #loop: Promise<void> | undefined;
  #launched = 0;

  constructor(origin: string) {
    this.framework = new Framework(origin, { name: 'service' });
  }

  async start(): Promise<this> {
    await this.framework.start();
    this.#loop = this.#work();
    return this;
  }

  async #work(): Promise<void> {
    while (this.#running) {
      const [offer] = this.framework.offers.values();
      if (offer)
        await this.framework.launch(offer, [{ task_id: { value: `service-${this.#launched++}` } }]).catch(() => {});
      await new Promise(resolve => setTimeout(resolve, 20));
    }
  }

  get finished(): number {
    return this.framework.updates.filter(({ state }) => state === 'TASK_FINISHED').length;
  }

  /** Waits until tasks launched from now on have finished. */
  async isServed(): Promise<void> {
    const before = this.finished;
    await until(() => this.finished >= before + 5, 'tasks of the framework that behaves');
  }

  async stop(): Promise<void> {
    this.#running = false;
    await this.#loop;
    await this.framework.close();
  }
}

/** Views are JSON whatever was sent. */
async function checkViews(daemons: readonly Daemon[]): Promise<void> {
  for (const daemon of daemons) {
    for (const path of [
      '/state',
      '/metrics/snapshot',
      '/flags',
      ...(daemon === daemons[0] ? ['/slaves', '/roles', '/tasks', '/frameworks'] : ['/containers']),
    ]) {
      const answer = await fetch(daemon.origin + path);
      assert.equal(answer.status, 200, path);
      const bytes = Buffer.from(await answer.arrayBuffer());
      JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    }
  }
}

/** Logs of handlers that threw what they did not expect. */
function surprises({ log }: Daemon): string[] {
  return log
    .split('\n')
    .filter(line => /TypeError|RangeError|ReferenceError|unhandled|uncaught|Handling .* failed|Handler of/i.test(line));
}

async function scene(t: TestContext) {
  const cluster = await Cluster.start(t);
  const service = new Service(cluster.master.origin);
  t.after(() => service.stop());
  await service.start();
  const daemons = [cluster.master, cluster.agent];
  const pids = daemons.map(({ pid }) => pid);
  const check = async () => {
    await service.isServed();
    await checkViews(daemons);
    assert.deepEqual(
      daemons.map(({ running, pid }) => running && pid),
      pids,
    );
    assert.deepEqual(daemons.flatMap(surprises), []);
  };
  return { cluster, service, check, daemons };
}

test('a framework is served while others attack', async t => {
  const { cluster, service, check, daemons } = await scene(t);
  const { master, agent } = cluster;
  const agentId = await cluster.registered(agent);
  const frameworkId = service.framework.info.id?.value ?? '';
  const values = new HostileValues(random);
  const knowing = new HostileValues(random, [agentId, 'service-1', '127.0.0.1']);
  const step = (name: string, act: () => Promise<unknown>) =>
    t.test(name, async () => {
      await act();
      await check();
    });

  const start = (name: string) => {
    const framework = new Framework(master.origin, { name, roles: ['enemy'], failover_timeout: 0 });
    t.after(() => framework.close());
    return framework.start();
  };

  await step('scheduler calls of strangers', () => attack(master, calls(SchedulerCall, '/api/v1/scheduler', values)));

  await step('scheduler calls of a subscribed framework', async () => {
    const enemy = await start('enemy');
    const { id = { value: '' } } = enemy.info;
    await enemy.call({ type: 'SUPPRESS' });
    const headers = { 'Mesos-Stream-Id': enemy.streamId };
    const keep = (type: string) => type !== 'SUBSCRIBE' && type !== 'TEARDOWN' && type !== 'REVIVE';
    const statuses = await attack(
      master,
      calls(SchedulerCall, '/api/v1/scheduler', knowing, { fixed: { framework_id: id }, headers, keep }),
    );
    assert.ok((statuses.get(202) ?? 0) > 0, 'none of them was well-formed');
    await enemy.teardown();
  });

  await step('a framework that launches anything', async () => {
    const enemy = await start('launcher');
    for (let round = 0; round < rounds * 6; round++) {
      const offer = await enemy.offer();
      const accept = values.spoil({
        offer_ids: [offer.id],
        operations: everyOperation(offer, `enemy-${round}`),
        filters: { refuse_seconds: 0 },
      });
      const body = values.stringify({ framework_id: enemy.info.id, type: 'ACCEPT', accept });
      const headers = { 'Content-Type': 'application/json', 'Mesos-Stream-Id': enemy.streamId };
      const statuses = await attack(master, [{ path: '/api/v1/scheduler', headers, body }]);
      if (statuses.has(202)) enemy.offers.delete(offer.id.value);
    }
    const reached = enemy.updates.filter(({ state }) => state === 'TASK_FINISHED');
    assert.ok(reached.length > rounds, 'most operations are as they should be');
    await enemy.teardown();
  });

  await step('executor calls', () => attack(agent, calls(ExecutorCall, '/api/v1/executor', knowing)));

  await step('operator calls about unknown things', async () => {
    // These take resources or the whole agent away from everybody, as they should.
    const harmful = /QUOTA|MARK_AGENT_GONE|DRAIN|DEACTIVATE|MAINTENANCE|RESERVE|VOLUME|TEARDOWN|SUBSCRIBE|WEIGHTS/;
    await attack(master, calls(MasterCall, '/api/v1', values, { keep: type => !/SUBSCRIBE|QUOTA|WEIGHTS/.test(type) }));
    await attack(master, calls(MasterCall, '/api/v1', knowing, { keep: type => !harmful.test(type) }));
    await attack(agent, calls(AgentCall, '/api/v1', knowing));
  });

  await step('messages of strangers', async () => {
    const told = new HostileValues(random, [agentId, frameworkId, 'service-1']);
    await attack(master, messages('master', [...agentMessages, ...schedulerMessages], told));
    await attack(agent, messages('slave(1)', toAgent, told));
  });

  await step('bodies', async () => {
    const json = { 'Content-Type': 'application/json' };
    const deep = '['.repeat(200_000);
    const nested = '{"a":'.repeat(100_000);
    const bomb = gzipSync(Buffer.alloc(256 * megabyte));
    const unary = Buffer.from('{"type":"TEARDOWN","teardown":{},"framework_id":{"value":"').toString();
    const bodies: [string, RawRequest][] = [
      ['deep arrays', { path: '', headers: json, body: deep }],
      ['deep objects', { path: '', headers: json, body: nested }],
      [
        'deep protobuf',
        { path: '', headers: { 'Content-Type': 'application/x-protobuf' }, body: Buffer.alloc(100_000, 0x0b) },
      ],
      ['bomb', { path: '', headers: { ...json, 'Content-Encoding': 'gzip' }, body: bomb }],
      ['no gzip', { path: '', headers: { ...json, 'Content-Encoding': 'gzip' }, body: 'plain' }],
      ['unknown coding', { path: '', headers: { ...json, 'Content-Encoding': 'br' }, body: '{}' }],
      ['giant id', { path: '', headers: json, body: `${unary}${'i'.repeat(megabyte)}"}}` }],
      ['numbers', { path: '', headers: json, body: `[${'1,'.repeat(megabyte)}1]` }],
      [
        'invalid UTF-8',
        { path: '', headers: json, body: Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]) },
      ],
      ['lone surrogate', { path: '', headers: json, body: '{"type":"\\ud800"}' }],
      ['NaN', { path: '', headers: json, body: '{"type":NaN}' }],
      ['large', { path: '', headers: json, body: Buffer.alloc(64 * megabyte, 0x20) }],
      [
        'prototype',
        {
          path: '',
          headers: json,
          body: '{"type":"TEARDOWN","__proto__":{"framework_id":{"value":"x"}},"constructor":1}',
        },
      ],
    ];
    for (const daemon of daemons) {
      for (const path of ['/api/v1', daemon === master ? '/api/v1/scheduler' : '/api/v1/executor']) {
        const statuses = await attack(
          daemon,
          bodies.map(([, request]) => ({ ...request, path })),
        );
        assert.deepEqual(
          [...statuses].filter(([status]) => status !== undefined && status < 400),
          [],
          path,
        );
      }
    }
  });

  await step('heads', async () => {
    const flood = Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`X-${i}`, 'y'.repeat(20)]));
    for (const daemon of daemons) {
      await attack(daemon, [
        { method: 'GET', path: '/state', headers: flood },
        { method: 'GET', path: `/${'p'.repeat(megabyte)}` },
        { method: 'GET', path: '/state?jsonp=%0d%0aX:y' },
        { method: 'GET', path: '/%ff%fe/%00' },
        { method: 'GET', path: '/..//../../etc/passwd' },
        { method: 'BREW', path: '/state' },
        { method: 'POST', path: '/state', headers: { 'Transfer-Encoding': 'chunked' }, body: 'zzz\r\n' },
        { method: 'GET', path: '/metrics/snapshot?timeout=-5secs' },
        { method: 'GET', path: '/tasks?limit=-1&offset=1e9' },
        { method: 'POST', path: '/api/v1', headers: { Accept: '*/*;q=nan,,,;;' } },
        { method: 'POST', path: '/teardown', body: 'frameworkId=../../x' },
        { method: 'POST', path: '/reserve', body: 'slaveId=%ff&resources=[' },
        { method: 'PUT', path: '/weights', body: '[{"role":"*","weight":-1}]' },
        { method: 'POST', path: '/quota', body: '{"role":"a/../b"}' },
      ]);
      for (const bytes of [
        '\0'.repeat(5000),
        'GET / HTTP/9.9\r\n\r\n',
        'POST /master/x HTTP/1.1\r\nLibprocess-From: a@b:1\r\nContent-Length: 99999999999\r\n\r\n',
      ]) {
        const conversation = converse(daemon.port);
        conversation.socket.end(bytes);
        await conversation.closed;
      }
    }
  });

  await step('files', async () => {
    const paths = [
      '/etc/passwd',
      '/slave/log/../../etc/passwd',
      '..',
      '/',
      '%00',
      '/master/log',
      '/slave/log',
      'x'.repeat(9000),
      '/slave/log/',
      '//',
    ];
    const query = (path: string) => [
      `path=${encodeURIComponent(path)}`,
      `path=${encodeURIComponent(path)}&offset=-5&length=-9`,
      `path=${encodeURIComponent(path)}&offset=99999999999999999999&length=1e400`,
      `path=${encodeURIComponent(path)}&offset=abc`,
    ];
    for (const daemon of daemons) {
      const requests = ['browse', 'read', 'download', 'debug'].flatMap(call =>
        paths.flatMap(query).map(each => ({ method: 'GET', path: `/files/${call}?${each}` })),
      );
      await attack(daemon, requests);
    }
  });

  await step('a thousand idle, silent, slow and half-closed connections', async () => {
    const open = Array.from({ length: 1000 }, (_, index) => {
      const conversation = converse(random.pick(daemons).port);
      const { socket } = conversation;
      if (index % 4 === 1) socket.write('POST /api/v1 HTTP/1.1\r\nHost: x\r\n');
      if (index % 4 === 2)
        socket.write(
          'POST /api/v1/scheduler HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{',
        );
      if (index % 4 === 3) socket.end('GET /state HTTP/1.1\r\n');
      return conversation;
    });
    await check();
    for (const { socket } of open) socket.write('x', () => {});
    await check();
    for (const { socket } of open) socket.destroy();
  });

  await step('a reader that does not read', async () => {
    const pipelined = converse(master.port);
    pipelined.socket.pause();
    const request = render({ method: 'GET', path: '/state', headers: { Connection: 'keep-alive' } });
    for (let i = 0; i < 5000; i++) pipelined.socket.write(request);
    const subscribers = Array.from({ length: 50 }, () => {
      const { socket } = converse(master.port);
      socket.pause();
      socket.write(
        render({
          path: '/api/v1',
          headers: { 'Content-Type': 'application/json', Connection: 'keep-alive' },
          body: '{"type":"SUBSCRIBE"}',
        }),
      );
      return socket;
    });
    await once(pipelined.socket, 'drain').catch(() => {});
    await check();
    for (const socket of [pipelined.socket, ...subscribers]) socket.destroy();
  });

  for (const daemon of daemons) {
    const peak = peakMemory(daemon.pid);
    t.diagnostic(`${daemon === master ? 'master' : 'agent'}: at most ${Math.round(peak / megabyte)} MiB`);
    assert.ok(peak < 1024 * megabyte, `${peak}`);
  }
});

test('daemons outlive what the other one sends when it has gone mad', async t => {
  const cluster = await Cluster.start(t);
  const { master, agent } = cluster;
  const framework = new Framework(master.origin);
  t.after(() => framework.close());
  await framework.start();
  await framework.launch(await framework.offer(), [
    { task_id: { value: 'stays' }, command: { shell: true, value: 'sleep 1000' } },
  ]);
  await framework.reaches('stays', 'TASK_RUNNING');
  const known = [await cluster.registered(agent), framework.info.id?.value ?? '', 'stays'];
  const values = new HostileValues(random, known);
  const harmless = toAgent.filter(name => name !== 'ShutdownMessage');
  await attack(agent, messages('slave(1)', harmless, values, `master@${master.address}`));
  await attack(agent, messages('slave(1)', ['PingSlaveMessage'], values, `slave-observer(1)@${master.address}`));
  await attack(master, messages('master', agentMessages, values, `slave(1)@${agent.address}`));
  await attack(master, messages('master', schedulerMessages, values, `scheduler(1)@127.0.0.1:1`));
  for (const path of ['/api/v1', '/api/v1/scheduler']) {
    const type = path === '/api/v1' ? MasterCall : SchedulerCall;
    await attack(master, calls(type, path, values, { keep: each => each !== 'SUBSCRIBE' }));
  }
  assert.ok(master.running);
  assert.ok(
    agent.running || /Shutting down with everything that runs|The master said so/.test(agent.log),
    agent.log.slice(-3000),
  );
  assert.deepEqual([master, agent].flatMap(surprises), []);
  await checkViews(agent.running ? [master, agent] : [master]);
});
