/** Text that is not UTF-8 is refused, wherever a daemon reads names: replaced, different names would become one. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Cluster } from './support/cluster.ts';

const invalid = Buffer.from([0x64, 0xff]);

test('calls and endpoints', async t => {
  const { master, agent } = await Cluster.start(t);
  const asked: [url: string, before: string, after: string, method?: string][] = [
    [`${master.origin}/api/v1`, '{"type":"GET_ROLES","teardown":{"framework_id":{"value":"', '"}}}'],
    [`${master.origin}/api/v1/scheduler`, '{"type":"REVIVE","framework_id":{"value":"', '"}}'],
    [`${agent.origin}/api/v1`, '{"type":"GET_HEALTH","list_files":{"path":"', '"}}'],
    [`${agent.origin}/api/v1/executor`, '{"type":"HEARTBEAT","executor_id":{"value":"', '"}}'],
    [`${master.origin}/maintenance/schedule`, '{"windows":[{"machine_ids":[{"hostname":"', '"}]}]}'],
    [`${master.origin}/machine/down`, '[{"hostname":"', '"}]'],
    [`${master.origin}/weights`, '[{"role":"', '","weight":2}]', 'PUT'],
    [`${master.origin}/quota`, '{"role":"', '"}'],
  ];
  for (const [url, before, after, method = 'POST'] of asked) {
    const headers = { 'Content-Type': 'application/json' };
    const body = Buffer.concat([Buffer.from(before), invalid, Buffer.from(after)]);
    const answer = await fetch(url, { method, headers, body });
    assert.equal(answer.status, 400, url);
    assert.match(await answer.text(), /not valid UTF-8/, url);
  }
  const form = Buffer.concat([Buffer.from('frameworkId='), invalid]);
  const headers = { 'Content-Type': 'application/x-www-form-urlencoded' };
  const answer = await fetch(`${master.origin}/teardown`, { method: 'POST', headers, body: form });
  assert.equal(answer.status, 400);
  assert.match(await answer.text(), /not valid UTF-8/);
});
