/** What operators order while the master is killed, or an agent is away: it is done, or it is not and can be ordered again. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { eventually } from '@meseta/system/testing';
import { Cluster, soonUnreachable } from './support/cluster.ts';

// biome-ignore lint/suspicious/noExplicitAny: views are looked at by the test, not typed here
type View = any;

/** Makes a call. @returns the status; undefined when there is no answer. */
async function operator(cluster: Cluster, call: object): Promise<number | undefined> {
  const sent = fetch(`${cluster.master.origin}/api/v1`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(call),
  });
  return sent.then(
    answer => answer.status,
    () => undefined,
  );
}

/** An order, and how the registry shows that it was carried out. */
interface Order {
  readonly call: { readonly type: string; readonly [name: string]: unknown };
  readonly isDone: (registry: View) => boolean;
}

const machine = { hostname: 'planned', ip: '10.0.0.1' };
const schedule = { windows: [{ machine_ids: [machine], unavailability: { start: { nanoseconds: 4e18 } } }] };

/** Orders that follow one another, on an agent. */
const ordersOn = (id: string): Order[] => {
  const agent_id = { value: id };
  const agent = ({ slaves }: View) => slaves.slaves.find(({ info }: View) => info.id.value === id);
  const modes = ({ machines }: View) => machines.machines.map(({ info }: View) => info.mode).join();
  return [
    {
      call: { type: 'UPDATE_WEIGHTS', update_weights: { weight_infos: [{ role: 'web', weight: 2 }] } },
      isDone: ({ weights = [] }) => weights[0]?.info.weight === 2,
    },
    {
      call: {
        type: 'UPDATE_QUOTA',
        update_quota: { quota_configs: [{ role: 'web', limits: { cpus: { value: 3 } } }] },
      },
      isDone: ({ quota_configs = [] }) => quota_configs[0]?.limits.cpus.value === 3,
    },
    {
      call: { type: 'REMOVE_QUOTA', remove_quota: { role: 'web' } },
      isDone: ({ quota_configs = [] }) => quota_configs.length === 0,
    },
    {
      call: { type: 'UPDATE_MAINTENANCE_SCHEDULE', update_maintenance_schedule: { schedule } },
      isDone: registry => modes(registry) === 'DRAINING' && registry.schedules?.length === 1,
    },
    {
      call: { type: 'START_MAINTENANCE', start_maintenance: { machines: [machine] } },
      isDone: registry => modes(registry) === 'DOWN',
    },
    {
      call: { type: 'STOP_MAINTENANCE', stop_maintenance: { machines: [machine] } },
      isDone: registry => modes(registry) === '' && !registry.schedules?.length,
    },
    {
      call: { type: 'DEACTIVATE_AGENT', deactivate_agent: { agent_id } },
      isDone: registry => agent(registry)?.deactivated === true,
    },
    {
      call: { type: 'REACTIVATE_AGENT', reactivate_agent: { agent_id } },
      isDone: registry => agent(registry) !== undefined && !agent(registry).deactivated,
    },
    {
      call: { type: 'DRAIN_AGENT', drain_agent: { agent_id } },
      isDone: registry => agent(registry)?.drain_info !== undefined,
    },
    {
      call: { type: 'MARK_AGENT_GONE', mark_agent_gone: { agent_id } },
      isDone: ({ gone, slaves }) => gone.slaves[0]?.id.value === id && slaves.slaves.length === 0,
    },
  ];
};

for (const delayMs of [0, 4]) {
  test(`a master that is killed ${delayMs} ms after an order has carried it out, or not at all`, async t => {
    const cluster = await Cluster.start(t);
    const id = await cluster.registered(cluster.agent);
    for (const { call, isDone } of ordersOn(id)) {
      const answer = operator(cluster, call);
      await new Promise(resolve => setTimeout(resolve, delayMs)); // anywhere in the middle of it
      await cluster.master.kill();
      const status = await answer;
      assert.ok(status === undefined || status === 200, `${call.type}: ${status}`);
      await cluster.master.start();
      const isDoneThen = isDone(await cluster.get('/registrar(1)/registry'));
      if (status === 200) assert.ok(isDoneThen, `${call.type} was answered and is lost`);
      if (!isDoneThen) {
        assert.equal(await operator(cluster, call), 200, `${call.type} can be ordered again`);
        assert.ok(isDone(await cluster.get('/registrar(1)/registry')), call.type);
      }
    }
    await cluster.agent.ended;
    assert.match(cluster.agent.log, /marked agent \S+ gone|has been marked gone/);
  });
}

test('after a kill in the middle of a reservation, master and agent have the same', async t => {
  const cluster = await Cluster.start(t);
  const reserved = async (origin: string): Promise<View> => {
    const view: View = await (await fetch(`${origin}/state`)).json();
    return (view.slaves?.[0] ?? view).reserved_resources;
  };
  for (const delayMs of [0, 2, 6]) {
    const agent_id = { value: await cluster.registered(cluster.agent) };
    const reservations = [{ type: 'DYNAMIC', role: `role-${delayMs}` }];
    const resources = [{ name: 'cpus', type: 'SCALAR', scalar: { value: 1 }, reservations }];
    const answer = operator(cluster, { type: 'RESERVE_RESOURCES', reserve_resources: { agent_id, resources } });
    await new Promise(resolve => setTimeout(resolve, delayMs)); // anywhere in the middle of it
    await cluster.master.kill();
    await answer;
    await cluster.master.start();
    await cluster.registered(cluster.agent);
    const views = () => Promise.all([cluster.master, cluster.agent].map(({ origin }) => reserved(origin)));
    await eventually('the same on both', async () => isDeepStrictEqual(...((await views()) as [View, View])));
  }
});

test('a drained agent stays drained when it, or the master, is started again', async t => {
  const cluster = await Cluster.start(t);
  const framework = await cluster.framework();
  const agent_id = { value: await cluster.registered(cluster.agent) };
  assert.equal(await operator(cluster, { type: 'DRAIN_AGENT', drain_agent: { agent_id } }), 200);
  const drained = async () => {
    const [agent] = (await cluster.get('/slaves')).slaves;
    return agent?.drain_info?.state === 'DRAINED' && agent.deactivated && !agent.active;
  };
  await eventually('DRAINED', drained);
  await cluster.agent.kill();
  await cluster.agent.start();
  const reregistered = async () => (await cluster.get('/slaves')).slaves[0]?.reregistered_time !== undefined;
  await eventually('the agent', reregistered);
  assert.ok(await drained());
  await cluster.master.kill();
  await cluster.master.start();
  await eventually('the agent, drained', drained);
  await framework.connected();
  assert.equal(framework.offers.size, 0);
  assert.equal(await operator(cluster, { type: 'REACTIVATE_AGENT', reactivate_agent: { agent_id } }), 200);
  await framework.offer(() => true);
});

test('a machine goes down while its agent is unreachable: the agent is shut down when it is back', async t => {
  const cluster = await Cluster.start(t, { master: soonUnreachable });
  const away = [{ hostname: '127.0.0.1', ip: '127.0.0.1' }];
  await cluster.agent.kill('SIGSTOP');
  t.after(() => cluster.agent.kill('SIGCONT'));
  await eventually('the agent to be unreachable', async () => (await cluster.slaves()).length === 0);
  const windows = [{ machine_ids: away, unavailability: { start: { nanoseconds: 4e18 } } }];
  const plan = { type: 'UPDATE_MAINTENANCE_SCHEDULE', update_maintenance_schedule: { schedule: { windows } } };
  assert.equal(await operator(cluster, plan), 200);
  assert.equal(await operator(cluster, { type: 'START_MAINTENANCE', start_maintenance: { machines: away } }), 200);
  await cluster.agent.kill('SIGCONT');
  await cluster.agent.ended;
  assert.equal((await cluster.slaves()).length, 0);
  assert.equal(await operator(cluster, { type: 'STOP_MAINTENANCE', stop_maintenance: { machines: away } }), 200);
  await cluster.agent.start();
  await cluster.registered(cluster.agent);
});

test('an agent that was away when maintenance was planned is offered with it when it is back', async t => {
  const cluster = await Cluster.start(t);
  await cluster.agent.kill();
  const machine_ids = [{ hostname: '127.0.0.1', ip: '127.0.0.1' }];
  const windows = [{ machine_ids, unavailability: { start: { nanoseconds: 4e18 } } }];
  const plan = { type: 'UPDATE_MAINTENANCE_SCHEDULE', update_maintenance_schedule: { schedule: { windows } } };
  assert.equal(await operator(cluster, plan), 200);
  await cluster.agent.start();
  await cluster.registered(cluster.agent);
  const framework = await cluster.framework();
  const offer = await framework.offer(({ unavailability }) => unavailability?.start.nanoseconds === 4e18);
  const empty = { type: 'UPDATE_MAINTENANCE_SCHEDULE', update_maintenance_schedule: { schedule: {} } };
  assert.equal(await operator(cluster, empty), 200);
  await eventually('the offer to be taken back', () => !framework.offers.has(offer.id.value));
  await framework.offer(({ unavailability }) => unavailability === undefined);
});
