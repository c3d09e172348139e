/**
 * Masters, agents, frameworks and ZooKeeper servers are killed, stopped and ended by chance for a while; then everything
 * is as it must be. `CHAOS_SEED` chooses the faults; `npm run chaos` makes more of them.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { needsZooKeeper } from '@meseta/storage/testing';
import { faultsByChance } from './support/chaos/chance.ts';
import { chaos } from './support/chaos/run.ts';

const seed = Number(process.env.CHAOS_SEED ?? 1);

test(`nothing is lost, doubled or left, whatever is killed (CHAOS_SEED=${seed})`, needsZooKeeper, async t => {
  const story: string[] = [];
  const result = await chaos(t, {
    ...{ seed, disturb: faultsByChance(seed, 45_000) },
    report: line => story.push(line),
  });
  t.diagnostic(`seed ${seed}: ${JSON.stringify({ ...result, violations: result.violations.length })}`);
  assert.deepEqual(result.violations, [], story.join('\n'));
  assert.ok(result.faults > 0 && Object.keys(result.ends).length > 0);
});
