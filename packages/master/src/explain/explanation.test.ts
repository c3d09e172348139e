/** An explanation of many agents and roles gives way between any two of them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkId } from '@meseta/protocol';
import { Resources } from '@meseta/resources';
import type { MasterContext } from '../context.ts';
import { Agent } from '../state/agent.ts';
import { Cluster } from '../state/cluster.ts';
import { Framework } from '../state/framework.ts';
import { explanationInSteps } from './explanation.ts';
import { readQuestion } from './question.ts';

const all = { VIEW_FRAMEWORK: undefined, VIEW_ROLE: undefined, GET_MAINTENANCE_SCHEDULE: undefined };
const question = readQuestion(new URLSearchParams({ framework_id: 'f' }));

/** A cluster of two agents, a framework with two roles, and what the allocator is asked about them. */
function asking() {
  const cluster = new Cluster({ maxCompletedFrameworks: 1 });
  const info = { user: 'u', name: 'f', roles: ['a', 'b'], capabilities: [{ type: 'MULTI_ROLE' as const }] };
  cluster.addFramework(new Framework(checkId('f'), info, 'active', { maxCompletedTasks: 1, maxUnreachableTasks: 1 }));
  const add = (id: string) => {
    const about = { pid: `slave(1)@${id}`, peer: '', version: '', capabilities: [], resourceVersion: '' };
    cluster.addAgent(new Agent(checkId(id), { info: { hostname: id }, total: Resources.empty, ...about }, 0));
  };
  add('S0');
  add('S1');
  const asked: string[] = [];
  const reasons =
    ({ role }: { role: string }) =>
    (id: string) => {
      asked.push(`${role} on ${id}`);
      return role === 'b' ? [{ reason: 'SUPPRESSED' }] : [];
    };
  return { context: { cluster, allocation: { reasons } } as unknown as MasterContext, cluster, asked };
}

test('a step is one role on one agent', () => {
  const { context, asked } = asking();
  const steps = explanationInSteps(context, question, all);
  const perStep: string[][] = [];
  let step = steps.next();
  for (; !step.done; step = steps.next()) perStep.push(asked.splice(0));
  perStep.push(asked.splice(0));
  assert.deepEqual(perStep, [[], ['a on S0'], ['b on S0'], ['a on S1'], ['b on S1']]);
  assert.deepEqual(
    step.value.roles.map(({ role, agents, offerable, groups }) => [
      role,
      agents,
      offerable,
      groups.map(each => each.reason),
    ]),
    [
      ['a', 2, 2, []],
      ['b', 2, 0, ['SUPPRESSED']],
    ],
  );
});

test('an explanation that is not wanted any more ends with the agent that it is at', () => {
  const { context, asked } = asking();
  const steps = explanationInSteps(context, question, all, () => false);
  while (!steps.next().done);
  assert.deepEqual(asked, ['a on S0', 'b on S0']);
});
