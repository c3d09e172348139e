/** Tasks that ended leave nothing in memory but what is remembered on purpose. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Footprint, startChurn } from '../bench/churn.ts';
import { startOneAgent } from '../bench/one-agent.ts';
import { withCleanups } from '../bench/processes/child.ts';

const tasks = 300;
const rounds = 5;
/** Bytes: less than the smallest record of a task would take. */
const perTask = 100;

test('memory of agent and master is flat, however many tasks have ended', () =>
  withCleanups(async cleanups => {
    const { master, agent, finish } = await startOneAgent(cleanups, { history: 20 });
    const heaps = async () => ({ agent: (await agent.ask('memory')).heap, master: (await master.ask('memory')).heap });
    await finish(tasks, '/bin/true');
    await finish(tasks, '/bin/true');
    const samples = [await heaps()];
    for (let round = 0; round < rounds; round++) {
      await finish(tasks, '/bin/true');
      samples.push(await heaps());
    }
    // What leaks grows in every round; code that is compiled, and luck, do not.
    for (const daemon of ['agent', 'master'] as const) {
      const growth = samples.slice(1).map((sample, i) => (sample[daemon] - (samples[i]?.[daemon] ?? 0)) / tasks);
      assert.ok(Math.min(...growth) < perTask, `${daemon}: bytes a task in each round: ${growth.map(Math.round)}`);
    }
  }));

test('tasks of all kinds that ended leave no files, processes and descriptors', () =>
  withCleanups(async cleanups => {
    const churn = await startChurn(cleanups);
    const samples: Footprint[] = [];
    for (let round = 0; round < 4; round++) {
      await churn.run(60); // each kind three times
      samples.push(await churn.footprint());
    }
    for (const what of ['agentFiles', 'masterFiles', 'processes', 'paths'] as const) {
      const growth = samples.slice(1).map((sample, i) => sample[what] - samples[i]![what]);
      assert.ok(Math.min(...growth) <= 0, `${what}: growth in each round: ${growth}`);
    }
  }));
