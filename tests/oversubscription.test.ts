/** Oversubscription with real daemons and frameworks: offers, tasks on revocable resources, and their end. */

import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import type { FrameworkInfoCapabilityType, Offer, TaskInfo } from '@meseta/protocol';
import { eventually } from '@meseta/system/testing';
import { Cluster } from './support/cluster.ts';
import type { Framework } from './support/framework.ts';

const capabilities = (...types: FrameworkInfoCapabilityType[]) =>
  ['MULTI_ROLE' as const, ...types].map(type => ({ type }));
const isRevocable = ({ resources = [] }: Offer) => resources.some(({ revocable }) => revocable !== undefined);
const revocableCpus = ({ resources = [] }: Offer) =>
  resources.find(({ name, revocable }) => name === 'cpus' && revocable)?.scalar?.value;

/** `--modules` with the estimator of Mesos, and a controller that ends what is revocable while a file exists. */
function modules(file: string, resources: string): string {
  const estimator = {
    file: '/usr/lib/libfixed_resource_estimator-1.11.0.so',
    modules: [
      { name: 'org_apache_mesos_FixedResourceEstimator', parameters: [{ key: 'resources', value: resources }] },
    ],
  };
  return JSON.stringify({ libraries: [estimator, { file, modules: [{ name: 'controller' }] }] });
}

const controller = (trigger: string) => `
  import { existsSync } from 'node:fs';
  export default { controller: { kind: 'qos_controller', create: () => ({
    corrections: ({ executors }) => executors
      .filter(({ allocated }) => existsSync('${trigger}') && allocated.some(({ revocable }) => revocable))
      .map(({ executor_info: { framework_id, executor_id }, container_id }) =>
        ({ type: 'KILL', kill: { framework_id, executor_id, container_id } })),
  }) } };`;

/** Runs a task on all revocable CPUs of an offer. */
async function runOn(framework: Framework, offer: Offer, id: string): Promise<void> {
  const resources = offer.resources?.filter(({ name, revocable }) => name === 'cpus' && revocable) ?? [];
  const command = { value: 'exec sleep 600' };
  const task: TaskInfo = { name: id, task_id: { value: id }, agent_id: offer.agent_id, command, resources };
  await framework.accept([offer], [{ type: 'LAUNCH', launch: { task_infos: [task] } }]);
}

test('what is oversubscribed is offered to frameworks that want it, and taken away when it must be', async t => {
  const cluster = await Cluster.start(t, { agents: [] });
  const file = path.join(cluster.directory, 'controller.mjs');
  const trigger = path.join(cluster.directory, 'overload');
  writeFileSync(file, controller(trigger));
  const agent = await cluster.addAgent({
    modules: modules(file, 'cpus:2'),
    resource_estimator: 'org_apache_mesos_FixedResourceEstimator',
    oversubscribed_resources_interval: '50ms',
    qos_controller: 'controller',
    qos_correction_interval_min: '50ms',
  });
  const id = await cluster.registered(agent);
  const framework = await cluster.framework({ capabilities: capabilities('REVOCABLE_RESOURCES', 'PARTITION_AWARE') });

  // All that is free comes in one offer; a task takes the revocable part of it.
  await runOn(framework, await framework.offer(isRevocable), 'first');
  await framework.reaches('first', 'TASK_RUNNING');
  const slave = async () => (await cluster.get('/slaves')).slaves[0];
  assert.equal((await slave()).used_resources.cpus_revocable, 2);
  assert.equal((await cluster.get('/metrics/snapshot'))['master/cpus_revocable_used'], 2);

  const plain = await cluster.framework({ capabilities: capabilities() });
  for (const offer of [...framework.offers.values()]) await framework.call(decline(offer));
  assert.equal(isRevocable(await plain.offer(() => true)), false);
  await plain.teardown();

  writeFileSync(trigger, '');
  const { reason, message } = await framework.reaches('first', 'TASK_GONE');
  assert.equal(reason, 'REASON_CONTAINER_PREEMPTED');
  assert.equal(message, 'Container preempted by QoS correction');
  rmSync(trigger);
  const freed = await framework.offer(isRevocable);
  assert.equal(revocableCpus(freed), 2);

  // Another estimate: offers of the old one are rescinded. A task keeps what it has.
  await agent.kill();
  await agent.start({ modules: modules(file, 'cpus:1') });
  assert.equal(await cluster.registered(agent), id);
  await eventually('the old offer to be rescinded', () => !framework.offers.has(freed.id.value));
  const smaller = await framework.offer(offer => revocableCpus(offer) === 1);

  await cluster.master.kill();
  await cluster.master.start();
  await eventually('a new subscription', () => framework.isConnected && !framework.offers.has(smaller.id.value));
  await runOn(framework, await framework.offer(offer => revocableCpus(offer) === 1), 'second');
  await framework.reaches('second', 'TASK_RUNNING');
});

const decline = ({ id }: Offer) => ({
  type: 'DECLINE' as const,
  decline: { offer_ids: [id], filters: { refuse_seconds: 600 } },
});
