/** What is counted over all agents, some at a step, and agents that come and go between two steps. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkId } from '@meseta/protocol';
import { Resources } from '@meseta/resources';
import { resultAtOnce } from '@meseta/system';
import type { MasterContext } from '../context.ts';
import { roleUsesInSteps } from '../role-use.ts';
import { Agent } from '../state/agent.ts';
import { Cluster } from '../state/cluster.ts';
import { scalar } from '../testing/simulated-agent.ts';
import { takeCensus } from './census.ts';

const count = 100;

/** An agent with a core, which is reserved. */
function agentOf(number: number): Agent {
  const reservations = [{ type: 'DYNAMIC' as const, role: 'web', principal: 'ops' }];
  const resources = [{ ...scalar('cpus', 1), reservations }];
  const info = { hostname: `host-${number}`, resources };
  const registration = { pid: `slave(${number})@10.0.0.1:5051`, peer: '10.0.0.1', version: '1.12.0', capabilities: [] };
  const total = Resources.of(resources);
  return new Agent(checkId(`S${number}`), { ...registration, info, resourceVersion: undefined, total }, 0);
}

function contextOfAgents(): MasterContext {
  const cluster = new Cluster({ maxCompletedFrameworks: 1 });
  for (let number = 0; number < count; number++) cluster.addAgent(agentOf(number));
  const registry = { concerns: { weights: [], quota_configs: [], machines: [], schedules: [] } };
  return { cluster, registrar: { registry }, flags: {} } as unknown as MasterContext;
}

/** The counts of cores, each of another way to count them. */
const counts: { name: string; cores: (context: MasterContext) => Generator<void, number[]> }[] = [
  {
    name: 'metrics',
    *cores({ cluster }) {
      const { agents, total } = yield* takeCensus(cluster);
      return [total('cpus'), agents.active, agents.connected];
    },
  },
  {
    name: 'roles',
    *cores(context) {
      const web = (yield* roleUsesInSteps(context)).find(({ name }) => name === 'web');
      const thousandths = [web?.reserved, web?.consumed].map(quantities => quantities?.get('cpus') ?? 0);
      return thousandths.map(amount => amount / 1000);
    },
  },
];
for (const { name, cores } of counts) {
  test(`${name}: of agents that come and go meanwhile, none counts twice`, () => {
    const context = contextOfAgents();
    const { cluster } = context;
    const get = (number: number) => cluster.agents.get(`S${number}`) as Agent;
    const steps = cores(context);
    assert.equal(steps.next().done, false, 'it takes several steps');
    cluster.removeAgent(get(0)); // counted already
    for (const late of [count - 1, count - 2]) cluster.removeAgent(get(late));
    for (const back of [1, count - 2, count]) {
      if (cluster.agents.has(`S${back}`)) cluster.removeAgent(get(back));
      cluster.addAgent(agentOf(back));
    }
    const now = resultAtOnce(cores(context));
    const result = resultAtOnce(steps);
    for (const each of result) assert.equal(each, count - 2);
    for (const each of now) assert.equal(each, cluster.agents.size);
  });
}

test('metrics: what is offered, and what is reserved', () => {
  const { cluster } = contextOfAgents();
  const [first, second] = [...cluster.agents.values()] as [Agent, Agent];
  first.offers.set(checkId('O1'), {
    id: checkId('O1'),
    frameworkId: checkId('F'),
    agentId: first.id,
    role: 'web',
    resources: Resources.of([scalar('cpus', 0.5)]),
    madeAt: 0,
  });
  second.total = Resources.of([scalar('cpus', 1), scalar('mem', 64)]);
  const { total, offered, reserved } = resultAtOnce(takeCensus(cluster));
  assert.deepEqual(
    [total, offered, reserved].map(amount => [amount('cpus'), amount('mem')]),
    [
      [count, 64],
      [0.5, 0],
      [count - 1, 0],
    ],
  );
});
