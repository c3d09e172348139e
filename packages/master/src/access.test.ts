/** Every entry of the master's tables asks what it names, before it acts, and a no changes nothing. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { DaemonRouter, flagsRoute, healthRoute, jsonPieces, unfiltered } from '@meseta/daemon';
import { handlersOf, type RecordingAccess, recordingAccess } from '@meseta/daemon/testing';
import type { Request } from '@meseta/process';
import { answerOf } from '@meseta/process/testing';
import type { MasterCall } from '@meseta/protocol';
import { Resources } from '@meseta/resources';
import { masterCalls } from './api/operator/calls/index.ts';
import { openRoutes } from './routes.ts';
import { reserved, volume } from './testing/accept-stage.ts';
import { type SchedulingMaster, startSchedulingMaster } from './testing/scheduling-master.ts';
import { scalar } from './testing/simulated-agent.ts';
import { TestScheduler } from './testing/test-scheduler.ts';
import { getStateMessage } from './views/index.ts';

interface Scene {
  readonly master: SchedulingMaster;
  readonly access: RecordingAccess;
  readonly router: DaemonRouter;
  readonly agentId: string;
  readonly frameworkId: string;
}

/** A master with an agent, a framework and all its routes, which refuses everything from then on. */
async function setUp(t: TestContext): Promise<Scene> {
  const access = recordingAccess();
  const master = await startSchedulingMaster(t, { access });
  const agent = await master.agent();
  const { frameworkId } = await TestScheduler.start(t, master.address, { roles: ['web'], principal: 'ops' });
  const { context } = master;
  const known = context.cluster.agents.get(agent.id ?? '');
  assert.ok(known);
  known.total = known.total.add(Resources.of([existing]));
  const surface = openRoutes(context, { key: undefined, credential: undefined, tls: undefined });
  t.after(() => surface.close());
  const router = new DaemonRouter({ access, delegate: 'master' });
  router.add('master', [healthRoute, flagsRoute(() => ({}), 'mesos-master-readonly')]);
  for (const [actor, routes] of Object.entries(surface.routes())) router.add(actor, routes);
  access.refuse(() => true);
  return { master, access, router, agentId: agent.id ?? '', frameworkId };
}

/** All that operators can change. */
function stateOf({ master: { context } }: Scene): string {
  const { cluster, registrar } = context;
  const agents = [...cluster.agents.values()].map(agent => [String(agent.total), agent.active, agent.drainInfo]);
  const kept = registrar.registry.toMessage();
  return [...jsonPieces(getStateMessage(context, unfiltered))].join('') + JSON.stringify([agents, kept]);
}

async function ask(scene: Scene, method: string, url: string, body = '', type = 'application/json') {
  scene.access.clear();
  const { pathname: path, searchParams: query } = new URL(url, 'http://master');
  const request = {
    ...{ method, path, url, query, rest: '' },
    ...{ headers: { 'content-type': type }, peer: { address: '127.0.0.1', port: 1 } },
    signal: new AbortController().signal,
    body: async () => Buffer.from(body),
    async *stream() {},
  } satisfies Request;
  const response = await answerOf(() => scene.router.handle(request));
  return { response, asked: [...scene.access.asked] };
}

const machine = { hostname: 'host', ip: '10.0.0.1' };
const schedule = { windows: [{ machine_ids: [machine], unavailability: { start: { nanoseconds: 1 } } }] };
const { disk } = volume(64);
const existing = { ...volume(64), disk: { ...disk, persistence: { id: 'existing', principal: 'ops' } } };
const cpus = reserved(scalar('cpus', 1));

/** What to send to the routes that change something. */
const bodies: Record<string, (scene: Scene) => string> = {
  'PUT /weights': () => JSON.stringify([{ role: 'web', weight: 2 }]),
  'POST /quota': () => JSON.stringify({ role: 'web', guarantee: [scalar('cpus', 1)] }),
  'POST /maintenance/schedule': () => JSON.stringify(schedule),
  'POST /machine/down': () => JSON.stringify([machine]),
  'POST /machine/up': () => JSON.stringify([machine]),
  'POST /teardown': ({ frameworkId }) => `frameworkId=${frameworkId}`,
  'POST /shutdown': ({ frameworkId }) => `frameworkId=${frameworkId}`,
  'POST /tasks/kill': ({ frameworkId }) => JSON.stringify({ framework_id: frameworkId, task_id: 'none' }),
  'POST /tasks/run': () => JSON.stringify({ command: 'true' }),
  'POST /reserve': ({ agentId }) => form(agentId, { resources: [cpus] }),
  'POST /unreserve': ({ agentId }) => form(agentId, { resources: [cpus] }),
  'POST /create-volumes': ({ agentId }) => form(agentId, { volumes: [volume(64)] }),
  'POST /destroy-volumes': ({ agentId }) => form(agentId, { volumes: [existing] }),
};

/** What a route that shows something cannot do without. */
const queries: Record<string, (scene: Scene) => string> = {
  'GET /allocation/explain': ({ frameworkId }) => `?framework_id=${frameworkId}`,
};

function form(slaveId: string, lists: Record<string, object[]>): string {
  const fields = Object.entries(lists).map(([name, list]) => [name, JSON.stringify(list)]);
  return String(new URLSearchParams({ slaveId, ...Object.fromEntries(fields) }));
}

test('routes', async t => {
  const scene = await setUp(t);
  const before = stateOf(scene);
  for (const { actor, route } of scene.router.routes()) {
    for (const [only, { access }] of handlersOf(route)) {
      const method = only ?? route.methods?.[0] ?? 'GET';
      const name = `${method} ${route.path}`;
      // Calls are walked below.
      if ('defers' in access) continue;
      const body = bodies[name]?.(scene) ?? '';
      const path = `/${actor}${route.path}${method === 'DELETE' ? '/web' : ''}${queries[name]?.(scene) ?? ''}`;
      const { response, asked } = await ask(scene, method, path, body);
      const realm = route.realm === undefined ? [] : [`realm ${route.realm}`];
      if ('asks' in access) {
        assert.equal(response.status, 403, name);
        assert.deepEqual(asked, [...realm, access.asks[0]], name);
      } else if ('filters' in access) {
        // Who asks about one framework is not told that it is there.
        assert.equal(response.status, name in queries ? 404 : 200, name);
        assert.deepEqual(asked, [...realm, ...access.filters.map(action => `filter ${action}`)], name);
      } else assert.deepEqual(asked, realm, name);
    }
  }
  assert.equal(stateOf(scene), before);
});

test('every realm is asked before anything else', async t => {
  const scene = await setUp(t);
  for (const { actor, route } of scene.router.routes()) {
    scene.access.refuseRealm(route.realm);
    const { response, asked } = await ask(scene, route.methods?.[0] ?? 'GET', `/${actor}${route.path}`);
    if (route.realm === undefined) assert.deepEqual(asked, []);
    else assert.deepEqual([response.status, asked], [401, [`realm ${route.realm}`]], route.path);
  }
});

type Calls = Readonly<Record<keyof typeof masterCalls, (scene: Scene) => Partial<MasterCall>>>;
const nothing = () => ({});
const agent = ({ agentId }: Scene) => ({ agent_id: { value: agentId } });
const calls: Calls = {
  ...{ GET_HEALTH: nothing, GET_FLAGS: nothing, GET_VERSION: nothing, GET_LOGGING_LEVEL: nothing, GET_STATE: nothing },
  ...{ GET_AGENTS: nothing, GET_FRAMEWORKS: nothing, GET_EXECUTORS: nothing, GET_OPERATIONS: nothing },
  ...{ GET_TASKS: nothing, GET_ROLES: nothing, GET_MASTER: nothing, GET_WEIGHTS: nothing, GET_QUOTA: nothing },
  ...{ GET_MAINTENANCE_STATUS: nothing, GET_MAINTENANCE_SCHEDULE: nothing },
  GET_METRICS: () => ({ get_metrics: {} }),
  SET_LOGGING_LEVEL: () => ({ set_logging_level: { level: 1, duration: { nanoseconds: 1 } } }),
  LIST_FILES: () => ({ list_files: { path: '/none' } }),
  READ_FILE: () => ({ read_file: { path: '/none', offset: 0 } }),
  UPDATE_WEIGHTS: () => ({ update_weights: { weight_infos: [{ role: 'web', weight: 2 }] } }),
  UPDATE_QUOTA: () => ({ update_quota: { quota_configs: [{ role: 'web' }] } }),
  SET_QUOTA: () => ({ set_quota: { quota_request: { role: 'web' } } }),
  REMOVE_QUOTA: () => ({ remove_quota: { role: 'web' } }),
  UPDATE_MAINTENANCE_SCHEDULE: () => ({ update_maintenance_schedule: { schedule } }),
  START_MAINTENANCE: () => ({ start_maintenance: { machines: [machine] } }),
  STOP_MAINTENANCE: () => ({ stop_maintenance: { machines: [machine] } }),
  TEARDOWN: ({ frameworkId }) => ({ teardown: { framework_id: { value: frameworkId } } }),
  MARK_AGENT_GONE: scene => ({ mark_agent_gone: agent(scene) }),
  DRAIN_AGENT: scene => ({ drain_agent: agent(scene) }),
  DEACTIVATE_AGENT: scene => ({ deactivate_agent: agent(scene) }),
  REACTIVATE_AGENT: scene => ({ reactivate_agent: agent(scene) }),
  RESERVE_RESOURCES: scene => ({ reserve_resources: { ...agent(scene), resources: [cpus] } }),
  UNRESERVE_RESOURCES: scene => ({ unreserve_resources: { ...agent(scene), resources: [cpus] } }),
  CREATE_VOLUMES: scene => ({ create_volumes: { ...agent(scene), volumes: [volume(64)] } }),
  DESTROY_VOLUMES: scene => ({ destroy_volumes: { ...agent(scene), volumes: [existing] } }),
  GROW_VOLUME: scene => ({
    grow_volume: { ...agent(scene), volume: volume(64), addition: reserved(scalar('disk', 1)) },
  }),
  SHRINK_VOLUME: scene => ({ shrink_volume: { ...agent(scene), volume: volume(64), subtract: { value: 1 } } }),
};

test('operator calls', async t => {
  const scene = await setUp(t);
  const before = stateOf(scene);
  for (const [type, { access }] of Object.entries(masterCalls)) {
    const call = calls[type as keyof typeof masterCalls](scene);
    const { response, asked } = await ask(scene, 'POST', '/api/v1', JSON.stringify({ type, ...call }));
    const [realm, ...questions] = asked;
    assert.equal(realm, 'realm mesos-master-readwrite');
    if ('asks' in access) {
      assert.equal(response.status, 403, `${type}: ${response.body}`);
      assert.deepEqual(questions, [access.asks[0]], type);
    } else if ('filters' in access) {
      assert.equal(response.status, 200, type);
      const filters = access.filters.map(action => `filter ${action}`);
      assert.deepEqual(questions, filters, type);
    } else assert.deepEqual(questions, [], type);
  }
  assert.equal(stateOf(scene), before);
});

test('views leave out what may not be seen', async t => {
  const scene = await setUp(t);
  const read = async (path: string) => {
    const { response } = await ask(scene, 'GET', path);
    let text = '';
    for await (const piece of response.body as AsyncIterable<string | Uint8Array>) text += String(piece);
    return JSON.parse(text);
  };
  const refused = await read('/state');
  assert.deepEqual([refused.frameworks, refused.flags, refused.slaves.length], [[], undefined, 1]);
  scene.access.refuse(() => false);
  const seen = await read('/state');
  assert.deepEqual([seen.frameworks.length, typeof seen.flags], [1, 'object']);
});

test('who drains an agent to have it gone needs to be allowed both', async t => {
  const scene = await setUp(t);
  scene.access.refuse(action => action === 'MARK_AGENT_GONE');
  const drain = { type: 'DRAIN_AGENT', drain_agent: { ...agent(scene), mark_gone: true } };
  const { response, asked } = await ask(scene, 'POST', '/api/v1', JSON.stringify(drain));
  assert.equal(response.status, 403);
  assert.deepEqual(asked.slice(1), ['DRAIN_AGENT', 'MARK_AGENT_GONE']);
});
