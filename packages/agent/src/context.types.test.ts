/** What must not compile: what needs the agent's id, done for an agent that may have none. `npm run check` proves it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AgentId, checkId } from '@meseta/protocol';
import { type AgentContext, isRegistered, takeId } from './context.ts';
import { drain } from './messages/drain.ts';
import { recordedAgent } from './testing/recorded-agent.ts';

// @ts-expect-error It may have no id.
const drainEarly = (context: AgentContext) => drain(context, {});
// @ts-expect-error It may have no id.
const idOf = (context: AgentContext): AgentId => context.agent.id;
function setId(context: AgentContext, id: AgentId): void {
  // @ts-expect-error Only `takeId` gives it one.
  context.agent.id = id;
}

const checkedIdOf = (context: AgentContext): AgentId | 'none' => (isRegistered(context) ? context.agent.id : 'none');
function takenIdOf(context: AgentContext, id: AgentId): AgentId {
  takeId(context, id);
  return context.agent.id;
}

test('what needs an id takes the context of an agent that has one', () => {
  const context = { agent: recordedAgent() } as AgentContext;
  assert.equal(takenIdOf(context, checkId('S1')), 'S1');
  assert.deepEqual([checkedIdOf(context), idOf(context), context.agent.info.id?.value], ['S1', 'S1', 'S1']);
  assert.throws(() => setId(context, checkId('S2')), TypeError);
  assert.equal(typeof drainEarly, 'function');
});
