/** `/allocation/explain` about a framework that the master runs itself: nobody is told to do something to its scheduler. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '@meseta/system/testing';
import { sentencesOf } from '../explain/sentences.ts';
import { explain } from '../testing/explanations.ts';
import { ask, registerAgent, startRunningMaster } from '../testing/running-master.ts';

test('what is said of a framework whose scheduler is the master', async t => {
  const master = await startRunningMaster(t, '--allocation_interval=20ms');
  await registerAgent(t, master);
  const post = async (path: string, body: object) => {
    const headers = { 'content-type': 'application/json' };
    const { status, text } = await ask(master, path, { method: 'POST', headers, body: JSON.stringify(body) });
    assert.ok(status >= 200 && status < 300, text);
    return JSON.parse(text || '{}');
  };
  const taken = await post('/tasks/run', { command: 'true', resources: { cpus: 100 } });
  const { framework_id } = taken;
  const group = (reason: string, query: Record<string, string> = {}) =>
    eventually(reason, async () => {
      const { roles } = await explain(master, framework_id, query);
      return roles[0]?.groups.find(each => each.reason === reason);
    });

  const filtered = await group('FILTERED');
  assert.match(filtered.text, /The master runs this framework itself, and found no room/);
  assert.match(filtered.advice, /^Wait: while a task waits, .* within 5 seconds/);
  const other = await group('NOT_SUBSCRIBED', { role: 'other' });
  assert.match(other.advice, /meseta run --detach --role/);

  await post('/tasks/kill', { framework_id, task_id: taken.task_ids[0] });
  const suppressed = await group('SUPPRESSED');
  assert.match(suppressed.text, /^No task waits in the role\./);
  assert.match(suppressed.advice, /meseta run --detach/);
});

test('no advice sends an operator to the scheduler of such a framework', () => {
  const about = [
    'FRAMEWORK_INACTIVE',
    'FRAMEWORK_DISCONNECTED',
    'FRAMEWORK_DEACTIVATED',
    'FRAMEWORK_NOT_BACK',
    'NOT_SUBSCRIBED',
    'SUPPRESSED',
    'FILTERED',
    'NO_GPU_CAPABILITY',
    'NOT_REGION_AWARE',
    'RESERVED',
    'NO_SHARED_CAPABILITY',
    'NO_REVOCABLE_CAPABILITY',
    'MAINTENANCE',
  ] as const;
  for (const reason of about) {
    const { text, advice } = sentencesOf(reason, true);
    assert.match(`${text}\n${advice}`, /^[A-Z].*\.\n[A-Z].*\.$/, reason);
    assert.doesNotMatch(advice, /its scheduler|the framework the capability|REVIVE|the framework may/i, reason);
    assert.notDeepEqual(sentencesOf(reason, false), { text, advice }, reason);
  }
});
