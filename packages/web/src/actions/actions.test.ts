import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, test } from 'node:test';
import type { MasterResponseGetAgentsAgent, Resource, Task } from '@meseta/protocol';
import type { RequestProblem } from '../requests/request.ts';
import type { Row } from '../store/table.ts';
import { bodyOf, named } from '../testing/actions.ts';
import { anAgent, aTask } from '../testing/events.ts';
import { type Action, initialValues, type Values } from './action.ts';
import { type AgentObject, agentActions } from './agent-actions.ts';
import { frameworkActions, taskActions } from './framework-actions.ts';
import { reservationActions } from './reservation-actions.ts';
import { send } from './send.ts';
import { volumeActions } from './volume-actions.ts';

const resourceActions = [...reservationActions, ...volumeActions];

const draining = { capabilities: [{ type: 'AGENT_DRAINING' as const }] };

const resizing = { capabilities: [{ type: 'RESIZE_VOLUME' as const }] };

function agentWith(change: Partial<MasterResponseGetAgentsAgent> = {}): AgentObject {
  const row: Row = { key: 'A1', id: 'A1', hostname: 'web1', tasks: 3 };
  return { row, agent: { ...anAgent('A1'), ...draining, ...change } as MasterResponseGetAgentsAgent };
}

const disk = (more: Partial<Resource> = {}): Resource => ({
  name: 'disk',
  type: 'SCALAR',
  scalar: { value: 2048 },
  reservations: [{ type: 'DYNAMIC', role: 'db', principal: 'ops' }],
  ...more,
});
const volume = disk({
  scalar: { value: 512 },
  disk: { persistence: { id: 'db-0', principal: 'ops' }, volume: { mode: 'RW', container_path: 'data' } },
});
const config = { state: 'DRAINING' as const, config: {} };
const refusal = (code: string, message: string): RequestProblem => ({ status: 400, code, message });

describe('what the state of a thing permits', () => {
  const agents: readonly (readonly [action: string, change: Partial<MasterResponseGetAgentsAgent>, reason?: RegExp])[] =
    [
      ['drain', {}],
      ['drain', { capabilities: [] }, /too old to be drained/],
      ['drain', { deactivated: true, drain_info: config }],
      ['deactivate', {}],
      ['deactivate', { active: false }],
      ['deactivate', { deactivated: true }, /deactivated already/],
      ['deactivate', { deactivated: true, drain_info: config }, /in no offer already/],
      ['reactivate', {}, /neither deactivated nor drained/],
      ['reactivate', { deactivated: true }],
      ['reactivate', { deactivated: true, drain_info: config }, /still draining/],
      ['reactivate', { deactivated: true, drain_info: { ...config, state: 'DRAINED' } }],
      ['gone', {}],
      ['reserve', {}],
      ['unreserve', {}, /Nothing of this agent is reserved/],
      ['unreserve', { total_resources: [disk()] }],
      ['unreserve', { total_resources: [volume] }, /Nothing of this agent is reserved/],
      ['unreserve', { total_resources: [disk({ reservations: [{ type: 'STATIC', role: 'db' }] })] }, /Nothing/],
      ['create-volume', {}, /No disk of this agent is reserved/],
      ['create-volume', { total_resources: [disk({ reservations: [{ type: 'STATIC', role: 'db' }] })] }],
      ['resize-volume', { ...resizing, total_resources: [disk()] }, /no persistent volume/],
      ['resize-volume', { ...resizing, total_resources: [volume] }],
      ['resize-volume', { ...resizing, total_resources: [{ ...volume, shared: {} }] }, /keep their size/],
      ['resize-volume', { total_resources: [volume] }, /too old to resize/],
      ['destroy-volume', { total_resources: [disk()] }, /no persistent volume/],
      ['destroy-volume', { total_resources: [volume] }],
    ];
  for (const [name, change, reason] of agents) {
    test(`${name} of an agent with ${JSON.stringify(change)}`, () => {
      const found = named([...agentActions, ...resourceActions], name).notNow?.(agentWith(change));
      if (reason) assert.match(found ?? '', reason);
      else assert.equal(found, undefined);
    });
  }

  test('what has ended is neither torn down nor killed', () => {
    const teardown = named(frameworkActions, 'teardown');
    assert.equal(teardown.notNow?.({ row: { key: 'F', state: 'active' } }), undefined);
    assert.match(teardown.notNow?.({ row: { key: 'F', state: 'completed' } }) ?? '', /has ended/);
    const kill = named(taskActions, 'kill');
    assert.equal(kill.notNow?.(aTask({ id: 't' })), undefined);
    assert.match(kill.notNow?.(aTask({ id: 't', state: 'TASK_FAILED' })) ?? '', /has ended: failed/);
  });
});

describe('what ends is said, and typed where it cannot be undone', () => {
  const of = agentWith({ total_resources: [volume] });

  test('of an agent', () => {
    assert.match(named(agentActions, 'gone').consequence(of, {}), /^Ends 3 tasks and the agent/);
    assert.match(named(agentActions, 'drain').consequence(of, {}), /^Kills 3 tasks\. .* until it is reactivated/);
    assert.match(named(agentActions, 'drain').consequence(of, { gone: 'yes' }), /gone for good/);
    assert.equal(named(agentActions, 'gone').typed?.(of, {}), 'A1');
    assert.equal(named(agentActions, 'drain').typed?.(of, {}), undefined);
    assert.equal(named(agentActions, 'drain').typed?.(of, { gone: 'yes' }), 'A1');
    assert.equal(named(agentActions, 'deactivate').typed, undefined);
    const destroy = named(resourceActions, 'destroy-volume');
    const values = initialValues(destroy.fields?.(of) ?? []);
    assert.equal(destroy.typed?.(of, values), 'db-0');
    assert.match(destroy.consequence(of, values), /all files in volume db-0/);
    const resize = named(volumeActions, 'resize-volume');
    const inDisk = initialValues(resize.fields?.(of) ?? []);
    assert.match(resize.consequence(of, inDisk), /^Its files remain/);
    assert.match(resize.consequence(of, { ...inDisk, size: '1024' }), /^Adds 512 MB .* reserved for role db/);
    assert.match(resize.consequence(of, { ...inDisk, size: '500' }), /^Takes 12 MB away, .* even if they need more/);
  });

  test('of a framework', () => {
    const teardown = named(frameworkActions, 'teardown');
    const framework = { row: { key: 'F', name: 'marathon', state: 'active', tasks: 214 } };
    assert.match(teardown.consequence(framework, {}), /^Ends 214 tasks/);
    assert.equal(teardown.typed?.(framework, {}), 'F');
  });
});

describe('requests', () => {
  const agent_id = { value: 'A1' };
  const drain = named(agentActions, 'drain');

  test('about agents', () => {
    assert.deepEqual(bodyOf(drain, agentWith()), { type: 'DRAIN_AGENT', drain_agent: { agent_id } });
    assert.deepEqual(bodyOf(drain, agentWith(), { grace: '1m 30s', gone: 'yes' }), {
      type: 'DRAIN_AGENT',
      drain_agent: { agent_id, max_grace_period: { seconds: 90, nanos: 0 }, mark_gone: true },
    });
    assert.deepEqual(bodyOf(drain, agentWith(), { grace: 'soon' }), {
      problems: { grace: "'soon' is no duration. Expecting one such as 90s, 10 min or 1h 30m." },
    });
    for (const [name, type] of [
      ['deactivate', 'DEACTIVATE_AGENT'],
      ['reactivate', 'REACTIVATE_AGENT'],
      ['gone', 'MARK_AGENT_GONE'],
    ] as const)
      assert.deepEqual(bodyOf(named(agentActions, name), agentWith()), { type, [type.toLowerCase()]: { agent_id } });
  });

  test('about resources', () => {
    const of = agentWith({ total_resources: [disk(), volume] });
    const body = (name: string, values?: Values) => bodyOf(named(resourceActions, name), of, values);
    assert.deepEqual(body('reserve', { resources: 'cpus:2', role: ' db ', principal: 'ops' }), {
      type: 'RESERVE_RESOURCES',
      reserve_resources: {
        agent_id,
        resources: [
          {
            name: 'cpus',
            type: 'SCALAR',
            scalar: { value: 2 },
            reservations: [{ type: 'DYNAMIC', role: 'db', principal: 'ops' }],
          },
        ],
      },
    });
    assert.deepEqual(Object.keys((body('reserve') as { problems: object }).problems), ['resources', 'role']);
    assert.deepEqual(body('unreserve'), {
      type: 'UNRESERVE_RESOURCES',
      unreserve_resources: { agent_id, resources: [disk()] },
    });
    const labels = {
      labels: [
        { key: 'team', value: 'db' },
        { key: 'rack', value: 'a=b' },
      ],
    };
    assert.deepEqual(body('reserve', { resources: 'cpus:2', role: 'db', labels: ' team=db\n\nrack=a=b' }), {
      type: 'RESERVE_RESOURCES',
      reserve_resources: {
        agent_id,
        resources: [
          {
            ...{ name: 'cpus', type: 'SCALAR', scalar: { value: 2 } },
            reservations: [{ type: 'DYNAMIC', role: 'db', labels }],
          },
        ],
      },
    });
    assert.deepEqual(body('reserve', { resources: 'cpus:2', role: 'db', labels: 'team' }), {
      problems: { labels: "'team' is not of the form KEY=VALUE" },
    });
    const ports: Resource = {
      ...{ name: 'ports', type: 'RANGES', ranges: { range: [{ begin: 1, end: 9 }] } },
      reservations: [{ type: 'DYNAMIC', role: 'db' }],
    };
    for (const [of, part, given] of [
      [disk(), '512', { ...disk(), scalar: { value: 512 } }],
      [
        ports,
        '2-3, 5-5',
        {
          ...ports,
          ranges: {
            range: [
              { begin: 2, end: 3 },
              { begin: 5, end: 5 },
            ],
          },
        },
      ],
      [ports, '[2-3]', { ...ports, ranges: { range: [{ begin: 2, end: 3 }] } }],
      [disk(), '1-2', "'1-2' is no part of disk:2048."],
      [ports, '3', "'3' is no part of ports:[1-9]."],
      [disk(), '0', "'0' is no part of disk:2048."],
    ] as const) {
      const resource = JSON.stringify(of);
      assert.deepEqual(
        body('unreserve', { resource, part }),
        typeof given === 'string'
          ? { problems: { part: given } }
          : { type: 'UNRESERVE_RESOURCES', unreserve_resources: { agent_id, resources: [given] } },
      );
    }
    assert.deepEqual(body('resize-volume', { size: '640.5' }), {
      type: 'GROW_VOLUME',
      grow_volume: { agent_id, volume, addition: disk({ scalar: { value: 128.5 } }) },
    });
    assert.deepEqual(body('resize-volume', { size: '500' }), {
      type: 'SHRINK_VOLUME',
      shrink_volume: { agent_id, volume, subtract: { value: 12 } },
    });
    const onDisk = { ...volume, disk: { ...volume.disk, source: { type: 'PATH', path: { root: '/data' } } } };
    const grown = body('resize-volume', { volume: JSON.stringify(onDisk), size: '513' }) as Record<string, object>;
    const { addition } = grown.grow_volume as { addition?: Resource };
    assert.deepEqual(addition?.disk, { source: { type: 'PATH', path: { root: '/data' } } });
    for (const [size, problem] of [
      ['', /^Expecting a number above zero\.$/],
      ['0', /^'0' is no amount/],
      ['512', /this size already/],
    ] as const) {
      const { problems } = body('resize-volume', { size }) as { problems: Values };
      assert.match(problems.size ?? '', problem);
    }
    const persistence = { id: 'db-1', principal: 'ops' };
    const made = { persistence, volume: { mode: 'RW', container_path: 'data' } };
    assert.deepEqual(body('create-volume', { id: 'db-1', size: '64', path: 'data' }), {
      type: 'CREATE_VOLUMES',
      create_volumes: { agent_id, volumes: [{ ...disk(), scalar: { value: 64 }, disk: made }] },
    });
    assert.deepEqual(Object.keys((body('create-volume', { size: 'x' }) as { problems: object }).problems), [
      'id',
      'size',
    ]);
    assert.deepEqual(body('destroy-volume'), {
      type: 'DESTROY_VOLUMES',
      destroy_volumes: { agent_id, volumes: [volume] },
    });
  });
});

describe('the field that a refusal is about', () => {
  const cases: readonly (readonly [action: string, code: string, message: string, field: string | undefined])[] = [
    ['reserve', 'OPERATION_INVALID', "A reserve operation was attempted by principal 'ops'", 'principal'],
    ['reserve', 'OPERATION_INVALID', "Invalid resources: Role '-x' cannot start", 'role'],
    ['reserve', 'RESOURCES_UNAVAILABLE', 'cpus:4 does not contain cpus:8', 'resources'],
    ['unreserve', 'RESOURCES_UNAVAILABLE', 'cpus:4 does not contain cpus:8', 'resource'],
    ['resize-volume', 'RESOURCES_UNAVAILABLE', 'disk:64 does not contain disk:128', 'size'],
    ['resize-volume', 'OPERATION_INVALID', 'Shrinking a volume on a MOUNT disk is not supported', 'volume'],
    ['drain', 'CALL_INVALID', "'max_grace_period' must not be negative", 'grace'],
    ['drain', 'BODY_MALFORMED', "The number 1e30 for field 'drain_agent.max_grace_period.seconds' is", 'grace'],
    ['drain', 'AGENT_STATE_CONFLICT', 'Agent A1 is part of a maintenance schedule', undefined],
  ];
  const all = [...agentActions, ...resourceActions] as readonly Action<never>[];
  for (const [name, code, message, field] of cases) {
    test(`${name}: ${message}`, () => assert.equal(named(all, name).fieldOf?.(refusal(code, message), {}), field));
  }
});

test('a refusal of a part is about the part', () => {
  const { fieldOf } = named(reservationActions, 'unreserve');
  const refused = refusal('RESOURCES_UNAVAILABLE', 'cpus:4 does not contain cpus:8');
  assert.equal(fieldOf?.(refused, { part: '8' }), 'part');
});

test('a kill is sent to the master as its address takes it, and its answer is shown', async t => {
  const received: unknown[] = [];
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', piece => {
      text += piece;
    });
    request.on('end', () => {
      received.push([request.method, request.url, request.headers['content-type'], JSON.parse(text)]);
      if (received.length === 1) response.writeHead(202).end();
      else if (received.length === 2) response.writeHead(403, { 'Meseta-Error': 'NOT_AUTHORIZED' }).end('Not yours.');
      else if (received.length === 3) response.writeHead(400).end();
      else response.destroy();
    });
  }).listen(0, '127.0.0.1');
  t.after(() => server.close());
  await new Promise(resolve => server.once('listening', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const kill = named(taskActions, 'kill');
  const task = aTask({ id: 't' }) as Task;
  const prepared = kill.prepare(task, { grace: '5s' });
  assert.ok('request' in prepared);
  const { path, body } = prepared.request;
  const attempt = () => send({ path: origin + path, body });
  const refusal = async () => {
    const { message, status, code } = (await attempt()) ?? {};
    return [message, status, code];
  };
  assert.equal(await attempt(), undefined);
  assert.deepEqual(received[0], [
    'POST',
    '/tasks/kill',
    'application/json',
    { framework_id: 'F', task_id: 't', kill_policy: { grace_period: '5secs' } },
  ]);
  assert.deepEqual(await refusal(), ['Not yours.', 403, 'NOT_AUTHORIZED']);
  assert.deepEqual(await refusal(), ['400 Bad Request', 400, undefined]);
  const broken = await attempt();
  assert.equal(broken?.status, undefined);
  assert.match(broken?.message ?? '', /may have been done/);
});

test('effects are seen in the state of the cluster', () => {
  const seen = (name: string, agent: Partial<MasterResponseGetAgentsAgent> | undefined, values: Values = {}) => {
    const before = agentWith({ total_resources: [disk()] });
    const effect = named([...agentActions, ...resourceActions], name).effect(before, values);
    assert.ok(effect.source === 'events');
    const { row, agent: now } = agentWith(agent);
    return effect.seen(agent === undefined ? { row: undefined } : { row, agent: now });
  };
  assert.equal(seen('drain', {}), undefined);
  assert.equal(seen('drain', { drain_info: config }), 'Agent web1 is draining.');
  assert.equal(seen('drain', { drain_info: { ...config, state: 'DRAINED' } }), 'Agent web1 is drained.');
  assert.equal(seen('drain', undefined), 'Agent web1 is gone.');
  assert.equal(seen('deactivate', {}), undefined);
  assert.equal(seen('deactivate', { deactivated: true }), 'Agent web1 is deactivated.');
  assert.equal(seen('reactivate', { deactivated: true }), undefined);
  assert.equal(seen('reactivate', {}), 'Agent web1 is in use again.');
  assert.equal(seen('gone', {}), undefined);
  const reserved = disk({ scalar: { value: 4096 } });
  assert.equal(seen('reserve', { total_resources: [disk()] }, { role: 'db' }), undefined);
  assert.match(seen('reserve', { total_resources: [reserved] }, { role: 'db' }) ?? '', /Reserved for role db/);
  assert.equal(seen('unreserve', { total_resources: [disk()] }, { resource: JSON.stringify(disk()) }), undefined);
  assert.match(seen('unreserve', { total_resources: [] }, { resource: JSON.stringify(disk()) }) ?? '', /taken away/);
  const before = { resource: JSON.stringify(disk()), part: '48' };
  const left = disk({ scalar: { value: 2000 } });
  assert.equal(seen('unreserve', { total_resources: [disk()] }, before), undefined);
  assert.match(
    seen('unreserve', { total_resources: [left] }, before) ?? '',
    /^A part of the reservation .* taken away/,
  );
  const resized = { ...volume, scalar: { value: 600 } };
  const resize = { volume: JSON.stringify(volume), size: '600' };
  assert.equal(seen('resize-volume', { total_resources: [volume] }, resize), undefined);
  assert.equal(seen('resize-volume', { total_resources: [resized] }, resize), 'Volume db-0 has 600 MB.');
  assert.match(seen('create-volume', { total_resources: [volume] }, { id: 'db-0' }) ?? '', /Volume db-0 is made/);
  assert.equal(seen('destroy-volume', { total_resources: [volume] }, { volume: JSON.stringify(volume) }), undefined);
});
