/** `--acls` on a whole master: who may change and read what over HTTP. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseFlags } from '@meseta/flags';
import type { Resource } from '@meseta/protocol';
import { masterFlags } from './flags.ts';
import type { RunningMaster } from './main.ts';
import { type AclsJson, any, askAs, callAs, names, none, p, startWithAcls } from './testing/acls.ts';
import { type Answer, registerAgent } from './testing/running-master.ts';
import { scalar } from './testing/simulated-agent.ts';
import { TestScheduler } from './testing/test-scheduler.ts';

interface Scene {
  readonly master: RunningMaster;
  readonly agentId: string;
  readonly frameworkId: string;
}

const form = (fields: Record<string, string>) => new URLSearchParams(fields).toString();
const disk = (...reservations: NonNullable<Resource['reservations']>) => ({ ...scalar('disk', 64), reservations });
const reservedBy = (principal: string) => disk({ type: 'DYNAMIC', role: 'web', principal });
const machine = { hostname: 'host', ip: '10.0.0.1' };
const schedule = { windows: [{ machine_ids: [machine], unavailability: { start: { nanoseconds: 1 } } }] };

interface Change {
  readonly name: string;
  /** The rules with which `p` is allowed and `q` is not. */
  readonly acls: AclsJson;
  readonly send: (who: string, scene: Scene) => Promise<Answer>;
  /** The status that `p` gets: authorization is passed, not necessarily the rest. */
  readonly status: number;
}

/** Paths that show the same numbers as another one, and need the permission for that. */
const samePath: Readonly<Record<string, string>> = {
  '/metrics/prometheus': '/metrics/snapshot',
  '/ui/history': '/metrics/snapshot',
};

const changes: readonly Change[] = [
  {
    name: 'POST /reserve',
    acls: { reserve_resources: [{ principals: p, roles: names('web') }] },
    send: (who, { master, agentId }) =>
      askAs(who, master, '/reserve', 'POST', form({ slaveId: agentId, resources: JSON.stringify([reservedBy(who)]) })),
    status: 202,
  },
  {
    name: 'UNRESERVE_RESOURCES of what another has reserved',
    acls: { unreserve_resources: [{ principals: p, reserver_principals: names('other') }] },
    send: (who, { master, agentId }) =>
      callAs(who, master, {
        type: 'UNRESERVE_RESOURCES',
        unreserve_resources: { agent_id: { value: agentId }, resources: [reservedBy('other')] },
      }),
    status: 409,
  },
  {
    name: 'RESERVE_RESOURCES instead of the reservation of another',
    acls: {
      reserve_resources: [{ principals: any, roles: any }],
      unreserve_resources: [{ principals: p, reserver_principals: names('other') }],
    },
    send: (who, { master, agentId }) =>
      callAs(who, master, {
        type: 'RESERVE_RESOURCES',
        reserve_resources: {
          agent_id: { value: agentId },
          source: [reservedBy('other')],
          resources: [reservedBy(who)],
        },
      }),
    status: 409,
  },
  {
    name: 'CREATE_VOLUMES',
    acls: { create_volumes: [{ principals: p, roles: names('web/%', 'web') }] },
    send: (who, { master, agentId }) => {
      const volume = {
        ...reservedBy('other'),
        disk: {
          persistence: { id: 'v', principal: who },
          volume: { mode: 'RW' as const, container_path: 'v' },
        },
      };
      return callAs(who, master, {
        type: 'CREATE_VOLUMES',
        create_volumes: { agent_id: { value: agentId }, volumes: [volume] },
      });
    },
    status: 409,
  },
  {
    name: 'POST /teardown',
    acls: { teardown_frameworks: [{ principals: p, framework_principals: names('web') }] },
    send: (who, { master, frameworkId }) => askAs(who, master, '/teardown', 'POST', form({ frameworkId })),
    status: 200,
  },
  {
    name: 'POST /tasks/kill, which does not tell others which tasks there are',
    acls: { kill_tasks: [{ principals: p, users: any }] },
    send: (who, { master, frameworkId }) =>
      askAs(who, master, '/tasks/kill', 'POST', JSON.stringify({ framework_id: frameworkId, task_id: 'none' })),
    status: 404,
  },
  {
    name: 'POST /tasks/kill by rules from before there were rules for it',
    acls: { teardown_frameworks: [{ principals: p, framework_principals: names('web') }] },
    send: (who, { master, frameworkId }) =>
      askAs(who, master, '/tasks/kill', 'POST', JSON.stringify({ framework_id: frameworkId, task_id: 'none' })),
    status: 404,
  },
  {
    name: 'POST /tasks/run in a role',
    acls: {
      register_frameworks: [{ principals: names('p', 'web'), roles: names('web') }],
      run_tasks: [{ principals: any, users: any }],
    },
    send: (who, { master }) =>
      askAs(who, master, '/tasks/run', 'POST', JSON.stringify({ command: 'true', role: 'web' })),
    status: 202,
  },
  {
    name: 'POST /tasks/run as a user',
    acls: {
      register_frameworks: [{ principals: any, roles: any }],
      run_tasks: [{ principals: p, users: names('me') }],
    },
    send: (who, { master }) =>
      askAs(who, master, '/tasks/run', 'POST', JSON.stringify({ command: 'true', user: 'me' })),
    status: 202,
  },
  {
    name: 'TEARDOWN by the old name of the rules',
    acls: { shutdown_frameworks: [{ principals: p, framework_principals: names('web') }] },
    send: (who, { master, frameworkId }) =>
      callAs(who, master, { type: 'TEARDOWN', teardown: { framework_id: { value: frameworkId } } }),
    status: 200,
  },
  {
    name: 'PUT /weights',
    acls: { update_weights: [{ principals: p, roles: names('web') }] },
    send: (who, { master }) => askAs(who, master, '/weights', 'PUT', '[{"role":"web","weight":2}]'),
    status: 200,
  },
  {
    name: 'UPDATE_QUOTA',
    acls: { update_quotas: [{ principals: p, roles: names('web') }] },
    send: (who, { master }) =>
      callAs(who, master, { type: 'UPDATE_QUOTA', update_quota: { quota_configs: [{ role: 'web' }] } }),
    status: 200,
  },
  {
    name: 'POST /quota',
    acls: { update_quotas: [{ principals: p, roles: names('web') }] },
    send: (who, { master }) =>
      askAs(
        who,
        master,
        '/quota',
        'POST',
        JSON.stringify({ role: 'web', guarantee: [scalar('cpus', 1)], force: true }),
      ),
    status: 200,
  },
  {
    name: 'POST /maintenance/schedule',
    acls: { update_maintenance_schedules: [{ principals: p, machines: any }] },
    send: (who, { master }) => askAs(who, master, '/maintenance/schedule', 'POST', JSON.stringify(schedule)),
    status: 200,
  },
  {
    name: 'POST /machine/down',
    acls: { start_maintenances: [{ principals: p, machines: any }] },
    send: (who, { master }) => askAs(who, master, '/machine/down', 'POST', JSON.stringify([machine])),
    status: 400,
  },
  {
    name: 'POST /machine/up',
    acls: { stop_maintenances: [{ principals: p, machines: any }] },
    send: (who, { master }) => askAs(who, master, '/machine/up', 'POST', JSON.stringify([machine])),
    status: 400,
  },
  {
    name: 'DRAIN_AGENT',
    acls: { drain_agents: [{ principals: p, agents: any }] },
    send: (who, { master, agentId }) =>
      callAs(who, master, { type: 'DRAIN_AGENT', drain_agent: { agent_id: { value: agentId } } }),
    status: 200,
  },
  {
    name: 'DRAIN_AGENT to be marked gone',
    acls: {
      drain_agents: [{ principals: any, agents: any }],
      mark_agents_gone: [{ principals: p, agents: any }],
    },
    send: (who, { master, agentId }) =>
      callAs(who, master, { type: 'DRAIN_AGENT', drain_agent: { agent_id: { value: agentId }, mark_gone: true } }),
    status: 200,
  },
  {
    name: 'DEACTIVATE_AGENT',
    acls: { deactivate_agents: [{ principals: p, agents: any }] },
    send: (who, { master, agentId }) =>
      callAs(who, master, { type: 'DEACTIVATE_AGENT', deactivate_agent: { agent_id: { value: agentId } } }),
    status: 200,
  },
  {
    name: 'REACTIVATE_AGENT',
    acls: { reactivate_agents: [{ principals: p, agents: any }] },
    send: (who, { master, agentId }) =>
      callAs(who, master, { type: 'REACTIVATE_AGENT', reactivate_agent: { agent_id: { value: agentId } } }),
    status: 400,
  },
  {
    name: 'MARK_AGENT_GONE',
    acls: { mark_agents_gone: [{ principals: p, agents: any }] },
    send: (who, { master, agentId }) =>
      callAs(who, master, { type: 'MARK_AGENT_GONE', mark_agent_gone: { agent_id: { value: agentId } } }),
    status: 200,
  },
  {
    name: 'SET_LOGGING_LEVEL',
    acls: { set_log_level: [{ principals: p, level: any }] },
    send: (who, { master }) =>
      callAs(who, master, {
        type: 'SET_LOGGING_LEVEL',
        set_logging_level: { level: 1, duration: { nanoseconds: 1 } },
      }),
    status: 200,
  },
  ...['/metrics/snapshot', '/metrics/prometheus', '/ui/history', '/logging/toggle', '/files/debug'].map(
    (path): Change => ({
      name: `GET ${path}`,
      acls: { get_endpoints: [{ principals: p, paths: names(samePath[path] ?? path) }] },
      send: (who, { master }) => askAs(who, master, path),
      status: 200,
    }),
  ),
  {
    name: 'GET /flags',
    acls: { view_flags: [{ principals: p, flags: any }] },
    send: (who, { master }) => askAs(who, master, '/flags'),
    status: 200,
  },
  {
    name: 'GET_FLAGS',
    acls: { view_flags: [{ principals: p, flags: any }] },
    send: (who, { master }) => callAs(who, master, { type: 'GET_FLAGS' }),
    status: 200,
  },
];

/** What the cluster of the table needs in any case. */
const needed = {
  permissive: false,
  register_agents: [{ principals: any, agents: any }],
  register_frameworks: [{ principals: names('web'), roles: names('web') }],
};

for (const { name, acls, send, status } of changes) {
  test(`${name}: allowed to one, refused to others, who change nothing`, async t => {
    const master = await startWithAcls(t, {
      ...needed,
      view_frameworks: [{ principals: names('see'), users: any }],
      ...acls,
    });
    const agent = await registerAgent(t, master);
    const scheduler = await TestScheduler.start(t, master.address, { roles: ['web'], principal: 'web' });
    await scheduler.nextOffer(); // from then on, nothing changes by itself
    const { frameworkId } = scheduler;
    const scene = { master, agentId: agent.id ?? '', frameworkId };
    const state = async () => (await askAs('see', master, '/state')).text.replace(/"(uptime|load)[^,]*,/g, '');
    const before = await state();
    assert.equal((await send('q', scene)).status, 403);
    assert.ok((await state()) === before, 'something has changed');
    const { status: got, text } = await send('p', scene);
    assert.equal(got, status, text);
  });
}

test('the log file is for those who may read logs', async t => {
  const directory = await mkdtemp(join(tmpdir(), 'meseta-acls-'));
  t.after(() => rm(directory, { recursive: true }));
  const log = join(directory, 'log');
  await writeFile(log, 'secret things');
  const acls = {
    access_mesos_logs: [
      { principals: p, logs: any },
      { principals: any, logs: none },
    ],
  };
  const master = await startWithAcls(t, acls, `--external_log_file=${log}`);
  const read = (who: string) => askAs(who, master, '/files/read?path=/master/log&offset=0');
  assert.equal((await read('q')).status, 403);
  assert.match((await read('p')).text, /secret things/);
  const download = await askAs('q', master, '/files/download?path=/master/log');
  assert.equal(download.status, 403);
  const viaCall = await callAs('q', master, { type: 'READ_FILE', read_file: { path: '/master/log', offset: 0 } });
  assert.equal(viaCall.status, 403);
});

const refusedFlags: readonly { readonly flag: string; readonly message: RegExp }[] = [
  {
    flag: '--acls={"run_tasks": [{"principals": {"type": "ANY"}}]}',
    message: /acls.*'run_tasks\[0\]\.users' is missing/,
  },
  { flag: '--acls=[]', message: /acls.*not a JSON object/ },
  { flag: '--authorizers=local,other', message: /authorizers.*several are not supported/ },
  { flag: '--rate_limits={"limits": [{"principal": "a", "qps": 0}]}', message: /rate_limits.*Invalid qps: 0/ },
];
for (const { flag, message } of refusedFlags) {
  test(`${flag} is refused`, () => {
    assert.throws(() => parseFlags(masterFlags, ['--registry=in_memory', flag]), message);
  });
}

test('a schedule asks for the machines that leave it, too: not everyone may send an empty one', async t => {
  const master = await startWithAcls(t, {
    permissive: false,
    update_maintenance_schedules: [{ principals: p, machines: any }],
    get_maintenance_schedules: [{ principals: any, machines: any }],
  });
  const send = (who: string, body: object) => askAs(who, master, '/maintenance/schedule', 'POST', JSON.stringify(body));
  const call = (who: string) =>
    callAs(who, master, { type: 'UPDATE_MAINTENANCE_SCHEDULE', update_maintenance_schedule: { schedule: {} } });
  const shown = async () => JSON.parse((await askAs('q', master, '/maintenance/schedule')).text) as object;
  assert.equal((await send('p', schedule)).status, 200);
  for (const refused of [await send('q', {}), await call('q'), await send('q', schedule)]) {
    assert.equal(refused.status, 403);
    assert.deepEqual(await shown(), schedule);
  }
  assert.equal((await call('p')).status, 200);
  assert.deepEqual(await shown(), {});
});
