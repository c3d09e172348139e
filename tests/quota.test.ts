/** Quotas of roles that are in use. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { QuotaConfig } from '@meseta/protocol';
import { Cluster } from './support/cluster.ts';

const role = 'batch';

test('a limit below what a role consumes needs force, and the answer says what is consumed', async t => {
  const cluster = await Cluster.start(t);
  const framework = await cluster.framework({ roles: [role] });
  const amounts: [string, number][] = [
    ['cpus', 2],
    ['mem', 64],
  ];
  const allocation_info = { role };
  const resources = amounts.map(([name, value]) => ({
    name,
    type: 'SCALAR' as const,
    scalar: { value },
    allocation_info,
  }));
  const task = { task_id: { value: 'holds' }, command: { shell: true, value: 'exec sleep 1000' }, resources };
  await framework.run(task);
  await framework.reaches('holds', 'TASK_RUNNING');
  const update = async (limits: QuotaConfig['limits'], force = false) => {
    const quota_configs = [{ role, ...(limits && { limits }) }];
    const answer = await fetch(`${cluster.master.origin}/api/v1`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ type: 'UPDATE_QUOTA', update_quota: { force, quota_configs } }),
    });
    return `${answer.status} ${await answer.text()}`.trim();
  };
  const refused = (limits: string) =>
    `400 Invalid QuotaConfig: role '${role}' already consumes '${limits}' (use 'force' flag to bypass this check)`;
  assert.equal(await update({ cpus: { value: 1 } }), refused("cpus:2', which exceeds the limits 'cpus:1"));
  assert.equal(
    await update({ cpus: { value: 0 }, mem: { value: 63.5 } }),
    refused("cpus:2; mem:64', which exceeds the limits 'cpus:0; mem:63.5"),
  );
  assert.equal(await update({ cpus: { value: 2 }, disk: { value: 0 } }), '200');
  assert.equal(await update({ cpus: { value: 1 } }, true), '200');
  assert.equal(await update(undefined), '200');
});
