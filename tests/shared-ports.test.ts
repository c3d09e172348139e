/** An agent with `--shared_ports`, and tasks on the same port, through the ends of master and agent. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Offer, TaskInfo } from '@meseta/protocol';
import { eventually } from '@meseta/system/testing';
import { Cluster } from './support/cluster.ts';
import { type Framework, scalars, shellTask } from './support/framework.ts';

const range = { begin: 31000, end: 31099 };

const portsOf = (offer: Offer) => offer.resources?.find(({ name }) => name === 'ports')?.ranges?.range;
/** An offer with all ports of the agent. */
const whole = (offer: Offer) => JSON.stringify(portsOf(offer)) === JSON.stringify([range]);

function sleeper(offer: Offer, id: string, port: number): Partial<TaskInfo> {
  const ports = offer.resources?.find(({ name }) => name === 'ports');
  assert.ok(ports);
  const resources = [
    ...scalars(offer, { cpus: 0.5, mem: 32 }),
    { ...ports, ranges: { range: [{ begin: port, end: port }] } },
  ];
  return shellTask(id, 'exec sleep 1000', { resources });
}

/** An offer with all ports for one framework. The other one wants none, also when a new master has forgotten that. */
async function offerTo(framework: Framework, other?: Framework, cpus = 0): Promise<Offer> {
  await other?.connected();
  await other?.call({ type: 'SUPPRESS' });
  return eventually('an offer with all ports', async () => {
    if (other !== undefined && other.offers.size > 0) await other.accept([...other.offers.values()], []);
    const fits = (offer: Offer) =>
      whole(offer) && (offer.resources?.find(({ name }) => name === 'cpus')?.scalar?.value ?? 0) >= cpus;
    const found = framework.offers.values().find(fits);
    if (found === undefined && framework.offers.size > 0) await framework.accept([...framework.offers.values()], []);
    return found;
  });
}

async function launch(framework: Framework, id: string, other?: Framework): Promise<void> {
  const offer = await offerTo(framework, other);
  await framework.launch(offer, [sleeper(offer, id, 31001)]);
  await framework.reaches(id, 'TASK_RUNNING');
}

/** Waits until what the agent's tasks and offers hold is this, in the classic view and in GET_AGENTS. */
async function holds(cluster: Cluster, cpus: number, ports: string | undefined): Promise<void> {
  await eventually(`${cpus} CPUs and the ports ${ports} in use`, async () => {
    const [view] = await cluster.slaves();
    return view?.active && view.used_resources.cpus === cpus && view.used_resources.ports === ports;
  });
  const [view] = (await cluster.get('/slaves')).slaves;
  assert.equal(view.resources.ports, '[31000-31099]');
  const sum = view.used_resources.cpus + view.offered_resources.cpus;
  assert.ok(sum <= view.resources.cpus, `${sum} CPUs`);
  const { 'master/cpus_percent': percent } = await cluster.get('/metrics/snapshot');
  assert.ok(percent >= 0 && percent <= 1, `${percent}`);
  const { roles } = await cluster.get('/roles');
  for (const { name, allocated, offered, quota } of roles) {
    for (const amounts of [allocated, offered, quota.consumed]) assert.equal(amounts.ports, undefined, name);
  }
}

test('two frameworks have tasks on one port, through kill -9 of the master and of the agent', async t => {
  const cluster = await Cluster.start(t, { agents: [{ docker_profile: 'triton' }] });
  const { flags } = JSON.parse((await cluster.agent.ask('/flags')).text);
  assert.deepEqual(
    [flags.shared_ports, flags.docker_volumes, flags.docker_remove_delay, flags.docker_profile],
    ['true', 'none', '0ns', 'triton'],
  );
  assert.match(cluster.agent.log, /--shared_ports gives several tasks the same port.* containerizers="?mesos/);
  const id = await cluster.registered(cluster.agent);
  const web = await cluster.framework({ name: 'web', roles: ['web'] });
  await launch(web, 'a');
  const db = await cluster.framework({ name: 'db', roles: ['db'] });
  await launch(db, 'b', web);
  await holds(cluster, 1, '[31001-31001]');

  await cluster.master.kill();
  await cluster.master.start();
  assert.equal(await cluster.registered(cluster.agent), id);
  await holds(cluster, 1, '[31001-31001]');
  await db.connected();
  await launch(db, 'c', web);
  await holds(cluster, 1.5, '[31001-31001]');

  await cluster.agent.kill();
  await cluster.agent.start();
  assert.equal(await cluster.registered(cluster.agent), id);
  await holds(cluster, 1.5, '[31001-31001]');
  await offerTo(db, web);

  await db.call({ type: 'KILL', kill: { task_id: { value: 'b' } } });
  assert.equal((await db.end('b')).state, 'TASK_KILLED');
  await db.call({ type: 'KILL', kill: { task_id: { value: 'c' } } });
  assert.equal((await db.end('c')).state, 'TASK_KILLED');
  await holds(cluster, 0.5, '[31001-31001]');
  await web.teardown();
  await holds(cluster, 0, undefined);
  await offerTo(db, undefined, 4);
});
