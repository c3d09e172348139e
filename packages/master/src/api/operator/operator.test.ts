import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { HttpClient } from '@meseta/process';
import {
  ApplyOperationMessage,
  decode,
  encode,
  fromJson,
  MasterCall,
  MasterEvent,
  MasterResponse,
  RecordDecoder,
  type Resource,
} from '@meseta/protocol';
import type { RunningMaster } from '../../main.ts';
import { recording } from '../../testing/recorded-cluster.ts';
import { ask, registerAgent, startRunningMaster } from '../../testing/running-master.ts';
import { TestScheduler } from '../../testing/test-scheduler.ts';

interface Asked {
  readonly status: number;
  readonly text: string;
}

const JSON_HEADERS = { 'Content-Type': 'application/json', Accept: 'application/json' };
const PROTOBUF = 'application/x-protobuf';

async function call(master: RunningMaster, body: object): Promise<Asked> {
  return ask(master, '/api/v1', { method: 'POST', headers: JSON_HEADERS, body: JSON.stringify(body) });
}

/** The answer, which must be good. */
async function answered(master: RunningMaster, body: MasterCall): Promise<MasterResponse> {
  const { status, text } = await call(master, body);
  assert.equal(status, 200, text);
  return (text === '' ? {} : JSON.parse(text)) as MasterResponse;
}

interface Refusal {
  readonly call: object | string;
  readonly status: number;
  readonly text: string | RegExp;
}

const role = { role: 'r' };
const quota = (config: object) => ({ type: 'UPDATE_QUOTA', update_quota: { quota_configs: [{ ...role, ...config }] } });
const weight = (info: object) => ({ type: 'UPDATE_WEIGHTS', update_weights: { weight_infos: [info] } });
const needs = (type: string, field: string): Refusal => ({
  call: { type },
  status: 400,
  text: `Failed to validate master::Call: Expecting '${field}' to be present`,
});
const agent_id = { value: 'nobody' };
const machine = { hostname: 'h', ip: '10.0.0.1' };

const refusals: readonly Refusal[] = [
  { call: { type: 'NOPE' }, status: recording('error_unknown').status, text: recording<string>('error_unknown').body },
  { call: {}, status: 400, text: "Failed to validate master::Call: Expecting 'type' to be present" },
  { call: '{', status: 400, text: /^Failed to parse body into JSON: syntax error at line 1/ },
  { call: '[]', status: 400, text: /^Failed to convert JSON into Call protobuf: / },
  { call: { type: 'UNKNOWN' }, status: 501, text: '501 Not Implemented.' },
  needs('GET_METRICS', 'get_metrics'),
  needs('LIST_FILES', 'list_files'),
  needs('READ_FILE', 'read_file'),
  needs('SET_LOGGING_LEVEL', 'set_logging_level'),
  needs('UPDATE_WEIGHTS', 'update_weights'),
  needs('UPDATE_QUOTA', 'update_quota'),
  needs('SET_QUOTA', 'set_quota'),
  needs('REMOVE_QUOTA', 'remove_quota'),
  needs('RESERVE_RESOURCES', 'reserve_resources'),
  needs('UNRESERVE_RESOURCES', 'unreserve_resources'),
  needs('CREATE_VOLUMES', 'create_volumes'),
  needs('DESTROY_VOLUMES', 'destroy_volumes'),
  needs('GROW_VOLUME', 'grow_volume'),
  needs('SHRINK_VOLUME', 'shrink_volume'),
  needs('UPDATE_MAINTENANCE_SCHEDULE', 'update_maintenance_schedule'),
  needs('START_MAINTENANCE', 'start_maintenance'),
  needs('STOP_MAINTENANCE', 'stop_maintenance'),
  needs('DRAIN_AGENT', 'drain_agent'),
  needs('DEACTIVATE_AGENT', 'deactivate_agent'),
  needs('REACTIVATE_AGENT', 'reactivate_agent'),
  needs('TEARDOWN', 'teardown'),
  needs('MARK_AGENT_GONE', 'mark_agent_gone'),
  {
    call: { type: 'TEARDOWN', teardown: { framework_id: { value: 'none' } } },
    status: recording('error_teardown').status,
    text: recording<string>('error_teardown').body,
  },
  {
    call: { type: 'MARK_AGENT_GONE', mark_agent_gone: { agent_id } },
    status: 404,
    text: "Agent 'nobody' not found",
  },
  { call: { type: 'DRAIN_AGENT', drain_agent: { agent_id } }, status: 400, text: 'Unknown agent' },
  {
    call: { type: 'DRAIN_AGENT', drain_agent: { agent_id, max_grace_period: { seconds: 1e10, nanos: 0 } } },
    status: 400,
    text: "Failed to validate master::Call: 'max_grace_period' must be less than 2^63 nanoseconds, 292 years",
  },
  {
    call: { type: 'DRAIN_AGENT', drain_agent: { agent_id, max_grace_period: { seconds: -1, nanos: 0 } } },
    status: 400,
    text: "Failed to validate master::Call: 'max_grace_period' must not be negative",
  },
  { call: { type: 'DEACTIVATE_AGENT', deactivate_agent: { agent_id } }, status: 400, text: 'Unknown agent' },
  {
    call: { type: 'REACTIVATE_AGENT', reactivate_agent: { agent_id } },
    status: 400,
    text: 'Agent is not deactivated',
  },
  {
    call: { type: 'RESERVE_RESOURCES', reserve_resources: { agent_id, resources: [] } },
    status: 400,
    text: 'No agent found with specified ID',
  },
  {
    call: weight({ role: 'r', weight: 0 }),
    status: 400,
    text: "Failed to validate update weights request JSON for role 'r': Invalid weight '0': Weights must be positive",
  },
  {
    call: weight({ role: '/r', weight: 1 }),
    status: 400,
    text: "Failed to validate update weights request JSON: Invalid role '/r': Role '/r' cannot start with a slash",
  },
  {
    call: { type: 'REMOVE_QUOTA', remove_quota: { role: 'r' } },
    status: 400,
    text: "Failed to remove quota: Role 'r' has no quota set",
  },
  {
    call: quota({ role: 'a/b' }),
    status: 400,
    text: "Updating quota on nested role 'a/b' is not supported yet",
  },
  {
    call: quota({ guarantees: { cpus: { value: -1 } } }),
    status: 400,
    text: "Invalid QuotaConfig: Invalid guarantee configuration {'cpus': -1}: Negative values not supported",
  },
  { call: quota({ limits: { cpus: { value: 1e300 } } }), status: 400, text: /values greater than 1 trillion/ },
  {
    call: quota({ guarantees: { cpus: { value: 2 } }, limits: { cpus: { value: 1 } } }),
    status: 400,
    text: /^Invalid QuotaConfig: 'QuotaConfig.guarantees' .* is not contained within/,
  },
  {
    call: { type: 'UPDATE_QUOTA', update_quota: { quota_configs: [role, role] } },
    status: 400,
    text: "Invalid QuotaConfig: role 'r' is configured more than once",
  },
  {
    call: quota({ guarantees: { cpus: { value: 2 } } }),
    status: 400,
    text: "Invalid QuotaConfig: total quota guarantees 'cpus:2' exceed cluster capacity '{}' (use 'force' flag to bypass this check)",
  },
  {
    call: {
      type: 'SET_QUOTA',
      set_quota: { quota_request: { role: 'r', guarantee: [{ name: 'cpus', type: 'SCALAR', scalar: { value: 2 } }] } },
    },
    status: 409,
    text: "Quota guarantees overcommit the cluster (use 'force' to bypass this check): Total quota guarantees 'cpus:2' exceed cluster capacity '{}'",
  },
  {
    call: { type: 'START_MAINTENANCE', start_maintenance: { machines: [] } },
    status: 400,
    text: 'List of machines is empty',
  },
  {
    call: { type: 'START_MAINTENANCE', start_maintenance: { machines: [machine] } },
    status: 400,
    text: `Machine '{"hostname":"h","ip":"10.0.0.1"}' is not part of a maintenance schedule`,
  },
  {
    call: {
      type: 'UPDATE_MAINTENANCE_SCHEDULE',
      update_maintenance_schedule: {
        schedule: { windows: [{ machine_ids: [machine, machine], unavailability: { start: { nanoseconds: 1 } } }] },
      },
    },
    status: 400,
    text: /^Machine 'hostname: "h"\nip: "10.0.0.1"\n' appears more than once in the schedule$/,
  },
];

test('what is wrong with calls is told as Mesos does', async t => {
  const master = await startRunningMaster(t);
  for (const refusal of refusals) {
    const body = typeof refusal.call === 'string' ? refusal.call : JSON.stringify(refusal.call);
    const answer = await ask(master, '/api/v1', { method: 'POST', headers: JSON_HEADERS, body });
    assert.equal(answer.status, refusal.status, `${body}: ${answer.text}`);
    if (typeof refusal.text === 'string') assert.equal(answer.text, refusal.text);
    else assert.match(answer.text, refusal.text);
  }
  assert.equal((await ask(master, '/health')).status, 200);
});

test('headers are checked in order', async t => {
  const master = await startRunningMaster(t);
  const post = (headers: Record<string, string>, body = '{"type":"GET_HEALTH"}') =>
    ask(master, '/api/v1', { method: 'POST', headers, body });
  assert.equal((await ask(master, '/api/v1')).status, 405);
  assert.equal((await post({})).text, "Expecting 'Content-Type' to be present");
  assert.equal((await post({ 'Content-Type': 'text/plain' })).status, 415);
  assert.equal((await post({ 'Content-Type': 'application/json', Accept: 'text/plain' })).status, 406);
  assert.equal((await post({ 'Content-Type': 'application/json', Accept: 'text/plain' }, '{}')).status, 400);
  assert.equal(
    (await post({ 'Content-Type': PROTOBUF }, 'x')).text,
    'Failed to parse body into Call protobuf: Truncated message',
  );
});

const simple = [
  'GET_HEALTH',
  'GET_LOGGING_LEVEL',
  'GET_EXECUTORS',
  'GET_OPERATIONS',
  'GET_MAINTENANCE_SCHEDULE',
  'GET_MAINTENANCE_STATUS',
] as const;

test('calls without arguments answer as recorded, in both encodings', async t => {
  const master = await startRunningMaster(t);
  for (const type of simple) {
    const recorded = recording<MasterResponse>(`v1_${type}`).body;
    assert.deepEqual(await answered(master, { type }), recorded);
    const answer = await ask(master, '/api/v1', {
      method: 'POST',
      headers: { 'Content-Type': PROTOBUF, Accept: PROTOBUF },
      body: encode(MasterCall, { type }),
    });
    assert.deepEqual(answer.bytes, encode(MasterResponse, fromJson(MasterResponse, recorded)));
  }
});

test('metrics have every name of the recorded ones', async t => {
  const master = await startRunningMaster(t);
  const names = Object.keys(JSON.parse((await ask(master, '/metrics/snapshot')).text) as object);
  const missing = Object.keys(recording<object>('metrics_snapshot').body).filter(name => !names.includes(name));
  // Those of frameworks, roles, reasons and timers are there when these are.
  const dynamic = /\/rec\/|\/roles\/\/|\/recorder\/|reason_|_ms(\/|$)/;
  assert.deepEqual(
    missing.filter(name => !dynamic.test(name)),
    [],
  );
});

const unreserved: Resource = { name: 'cpus', type: 'SCALAR', scalar: { value: 1 } };
const reserved: Resource = { ...unreserved, reservations: [{ type: 'DYNAMIC', role: 'r' }] };

test('a reservation reaches the agent, and cannot be made twice', async t => {
  const master = await startRunningMaster(t);
  const agent = await registerAgent(t, master);
  const id = { value: agent.id ?? '' };
  const all = { ...reserved, scalar: { value: 4 } };
  const reserve = (resource: Resource) =>
    call(master, { type: 'RESERVE_RESOURCES', reserve_resources: { agent_id: id, resources: [resource] } });
  assert.equal((await reserve(all)).status, 202);
  const message = decode(ApplyOperationMessage, (await agent.next('ApplyOperationMessage')).body);
  assert.deepEqual(message.operation_info.reserve?.resources, [all]);
  assert.equal((await reserve(reserved)).status, 409);
  assert.equal((await reserve(unreserved)).status, 400);
  const agents = (await answered(master, { type: 'GET_AGENTS' })).get_agents?.agents;
  const cpus = agents?.[0]?.total_resources?.filter(({ name }) => name === 'cpus');
  assert.deepEqual(
    cpus?.map(({ role: of, scalar }) => [of, scalar?.value]),
    [['r', 4]],
  );
  assert.equal((await answered(master, { type: 'GET_OPERATIONS' })).get_operations?.operations?.length, 1);
  const unreserve = { agent_id: id, resources: [all] };
  assert.equal((await call(master, { type: 'UNRESERVE_RESOURCES', unreserve_resources: unreserve })).status, 202);
});

test('offers are taken back for an operation and when settings change', { timeout: 60_000 }, async t => {
  const master = await startRunningMaster(t);
  const agent = await registerAgent(t, master);
  const scheduler = await TestScheduler.start(t, master.address, { roles: ['r'] });
  await scheduler.nextOffer();
  const reserve_resources = { agent_id: { value: agent.id }, resources: [reserved] };
  assert.equal((await call(master, { type: 'RESERVE_RESOURCES', reserve_resources })).status, 202);
  await scheduler.next('RESCIND');
  const offered = (await scheduler.nextOffer()).resources?.filter(({ name }) => name === 'cpus') ?? [];
  const shares = offered.map(({ reservations = [], scalar }) => [reservations.length, scalar?.value]);
  assert.deepEqual(
    shares.sort(([a = 0], [b = 0]) => a - b),
    [
      [0, 3],
      [1, 1],
    ],
  );
  const weight_infos = [{ role: 'r', weight: 2 }];
  assert.equal((await call(master, { type: 'UPDATE_WEIGHTS', update_weights: { weight_infos } })).status, 200);
  await scheduler.next('RESCIND');
});

test('weights and quotas are set, shown and removed', async t => {
  const master = await startRunningMaster(t, '--weights=a=2');
  await answered(master, { type: 'UPDATE_WEIGHTS', update_weights: { weight_infos: [{ role: ' b ', weight: 3.5 }] } });
  assert.deepEqual((await answered(master, { type: 'GET_WEIGHTS' })).get_weights?.weight_infos, [
    { role: 'a', weight: 2 },
    { role: 'b', weight: 3.5 },
  ]);
  const config = { role: 'q', guarantees: { cpus: { value: 1 } }, limits: { cpus: { value: 100 } } };
  await answered(master, { type: 'UPDATE_QUOTA', update_quota: { force: true, quota_configs: [config] } });
  assert.deepEqual((await answered(master, { type: 'GET_QUOTA' })).get_quota?.status, {
    infos: [{ role: 'q', guarantee: [{ name: 'cpus', type: 'SCALAR', scalar: { value: 1 } }] }],
    configs: [config],
  });
  await answered(master, { type: 'REMOVE_QUOTA', remove_quota: { role: 'q' } });
  assert.deepEqual((await answered(master, { type: 'GET_QUOTA' })).get_quota?.status, {});
});

test('a machine goes down with its agents and comes up again', async t => {
  const master = await startRunningMaster(t);
  const agent = await registerAgent(t, master);
  const ids = [{ hostname: agent.info.hostname.toUpperCase(), ip: '127.0.0.1' }];
  const schedule = { windows: [{ machine_ids: ids, unavailability: { start: { nanoseconds: 4e18 } } }] };
  await answered(master, { type: 'UPDATE_MAINTENANCE_SCHEDULE', update_maintenance_schedule: { schedule } });
  assert.deepEqual(
    (await answered(master, { type: 'GET_MAINTENANCE_SCHEDULE' })).get_maintenance_schedule?.schedule,
    schedule,
  );
  assert.deepEqual((await answered(master, { type: 'GET_MAINTENANCE_STATUS' })).get_maintenance_status?.status, {
    draining_machines: [{ id: ids[0] }],
  });
  const drain = await call(master, { type: 'DRAIN_AGENT', drain_agent: { agent_id: { value: agent.id } } });
  assert.match(drain.text, /is part of a maintenance schedule/);
  await answered(master, { type: 'START_MAINTENANCE', start_maintenance: { machines: ids } });
  await agent.next('ShutdownMessage');
  assert.deepEqual((await answered(master, { type: 'GET_AGENTS' })).get_agents?.agents, []);
  const empty = { type: 'UPDATE_MAINTENANCE_SCHEDULE', update_maintenance_schedule: { schedule: {} } };
  assert.match((await call(master, empty)).text, /is deactivated and cannot be removed from the schedule$/);
  await answered(master, { type: 'STOP_MAINTENANCE', stop_maintenance: { machines: ids } });
  assert.deepEqual((await answered(master, { type: 'GET_MAINTENANCE_STATUS' })).get_maintenance_status?.status, {});
  await registerAgent(t, master);
});

/** Subscribes to the operator events. */
async function eventsOf(
  t: TestContext,
  master: RunningMaster,
  type = 'application/json',
): Promise<AsyncGenerator<MasterEvent>> {
  const client = new HttpClient(`http://${master.address}`);
  t.after(() => client.close());
  const headers = { 'Content-Type': 'application/json', Accept: type };
  const body = JSON.stringify({ type: 'SUBSCRIBE' });
  const response = await client.request('POST', '/api/v1', { headers, body });
  assert.equal(response.status, 200);
  assert.equal(response.headers['content-type'], type);
  return read(response.body, type);
}

async function* read(body: AsyncIterable<Uint8Array>, type: string): AsyncGenerator<MasterEvent> {
  const decoder = new RecordDecoder();
  for await (const piece of body) {
    for (const record of decoder.push(Buffer.from(piece))) {
      yield type === PROTOBUF
        ? decode(MasterEvent, record)
        : (JSON.parse(Buffer.from(record).toString()) as MasterEvent);
    }
  }
}

test('subscribers get a snapshot, a heartbeat, then what happens', async t => {
  const master = await startRunningMaster(t);
  for (const type of ['application/json', PROTOBUF]) {
    const events = await eventsOf(t, master, type);
    const next = async () => (await events.next()).value as MasterEvent;
    const first = await next();
    assert.equal(first.type, 'SUBSCRIBED');
    assert.equal(first.subscribed?.heartbeat_interval_seconds, 15);
    assert.deepEqual(Object.keys(first.subscribed?.get_state ?? {}), [
      'get_tasks',
      'get_executors',
      'get_frameworks',
      'get_agents',
    ]);
    assert.deepEqual(await next(), { type: 'HEARTBEAT' });
    const agent = await registerAgent(t, master);
    const added = await next();
    assert.equal(added.agent_added?.agent.agent_info.id?.value, agent.id);
    // Of its own resources an agent tells in the new form only, of its total in both.
    const [own, total] = [added.agent_added?.agent.agent_info.resources, added.agent_added?.agent.total_resources];
    assert.deepEqual([own?.[0]?.role, total?.[0]?.role], [undefined, '*']);
    const gone = { type: 'MARK_AGENT_GONE', mark_agent_gone: { agent_id: { value: agent.id } } };
    assert.equal((await call(master, gone)).status, 200);
    assert.deepEqual(await next(), { type: 'AGENT_REMOVED', agent_removed: { agent_id: { value: agent.id } } });
  }
});

test('the oldest subscriber leaves when there are too many', async t => {
  const master = await startRunningMaster(t, '--max_operator_event_stream_subscribers=1');
  const oldest = await eventsOf(t, master);
  await oldest.next();
  const newest = await eventsOf(t, master);
  const rest: MasterEvent[] = [];
  for await (const event of oldest) rest.push(event);
  assert.deepEqual(rest, [{ type: 'HEARTBEAT' }]);
  assert.equal(((await newest.next()).value as MasterEvent).type, 'SUBSCRIBED');
});
