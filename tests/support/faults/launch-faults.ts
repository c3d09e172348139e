/**
 * Something goes wrong at a step of a launch or an end: the agent is killed before or after a change on disk or a message to
 * a helper or a peer, a process that takes part is killed, or a change on disk fails. The next agents are killed, too, while
 * they recover. Each task ends once with a legal history, its resources are free again, and nothing is left.
 *
 * `FAULTS_SEED` chooses other steps and faults, `FAULTS_EVERY=1` takes them all, `FAULTS_ONLY` is the name of one way.
 * `FAULTS_PLANS` has lists of plans, as an error shows them, that are gone through instead: `[[{"step":37,"fault":"EIO"}]]`.
 */
import assert from 'node:assert/strict';
import { suite, type TestContext, test } from 'node:test';
import { all, type Need } from '@meseta/system/testing';
import type { Flags } from '../daemon.ts';
import { Random } from '../random.ts';
import { type Fault, faultNames, type Plan } from './plan.ts';
import { FaultScene, type Way } from './scene.ts';

const seed = Number(process.env.FAULTS_SEED ?? 1);
const every = Number(process.env.FAULTS_EVERY ?? 0);
const { FAULTS_ONLY: only, FAULTS_PLANS: given } = process.env;

const kills: readonly Fault[] = ['spawner', 'shim', 'task'];
const errors = faultNames.filter(name => /^E/.test(name));

/** What is there for a way. */
export interface WaySetting {
  readonly flags?: (t: TestContext) => Flags;
  readonly needs?: readonly Need[];
  /** Goes that are made besides those by chance. */
  readonly plans?: readonly (readonly [Plan, ...Plan[]])[];
}

/** Tests of ways, two at a time. */
export function testFaults<W extends Way>(ways: readonly W[], settingOf: (way: W) => WaySetting): void {
  suite('faults at the steps of', { concurrency: 2 }, () => {
    for (const way of ways) {
      if (only !== undefined && only !== way.name) continue;
      const { flags, needs = [], plans = [] } = settingOf(way);
      test(way.name, all(...needs), t => faultsOn(t, way, { flags: flags?.(t) ?? {}, plans }));
    }
  });
}

interface Going {
  readonly flags: Flags;
  readonly plans: NonNullable<WaySetting['plans']>;
}

async function faultsOn(t: TestContext, way: Way, { flags, plans }: Going): Promise<void> {
  t.diagnostic(`seed ${seed}`);
  const scene = await FaultScene.start(t, flags);
  await scene.warmUp(way);
  if (given === undefined) await byChance(t, way, scene);
  for (const [plan, ...next] of given === undefined ? plans : (JSON.parse(given) as typeof plans)) {
    await scene.go(way, plan, next);
    const missed = [plan, ...next].filter((_, index) => !scene.reached[index]);
    assert.deepEqual(missed, [], `${way.name}: the steps of these plans were not reached, so they prove nothing`);
  }
  await scene.framework.teardown(); // with what was there during all launches
  await scene.over();
}

async function byChance(t: TestContext, way: Way, scene: FaultScene): Promise<void> {
  const random = new Random(seed);
  const steps = await scene.go(way, { step: 1e6 });
  const { from } = way;
  const first = 1 + (from ? steps.findIndex(step => from.test(step)) : 0);
  const last = steps.length;
  assert.ok(first > 0 && last - first > 4, `${last} steps`);
  t.diagnostic(`${last} steps from ${first}`);
  const anywhere = () => first + random.below(last - first + 1);
  const killed = (step: number): Plan => ({ step, fault: 'agent', after: random.below(2) === 1 });
  const stride = every || Math.ceil((last - first + 1) / 3);
  const counts = { plans: 0, reached: 0 };
  const go = async (plan: Plan, next: readonly Plan[] = []) => {
    const done = await scene.go(way, plan, next);
    for (const [index, { fault }] of [plan, ...next].entries()) {
      if (fault === undefined) continue;
      counts.plans++;
      if (scene.reached[index]) counts.reached++;
    }
    return done;
  };
  for (let step = first + random.below(stride); step <= last; step += stride) await go(killed(step));
  await recoveries(t, go, { random, anywhere, killed });
  if (every === 0) {
    for (const faults of [kills, errors]) await go({ step: anywhere(), fault: random.pick(faults) });
  }
  for (const fault of every === 0 ? [] : [...kills, ...errors]) {
    for (let step = first; step <= last; step += every * 3) await go({ step, fault });
  }
  t.diagnostic(`${counts.reached} of ${counts.plans} plans were reached`);
  // How many steps there are differs from go to go, so some of the last may not be there.
  assert.ok(counts.reached * 2 > counts.plans, `${counts.reached} of ${counts.plans} plans were reached`);
}

interface Choices {
  readonly random: Random;
  /** A step of the way. */
  readonly anywhere: () => number;
  readonly killed: (step: number) => Plan;
}

/** Goes a way with plans. @returns the steps that there were, when the last plan only counts. */
type Go = (plan: Plan, next?: readonly Plan[]) => Promise<string[]>;

/** The agent is killed somewhere, and the next two while they take over what it left; others fail in other ways. */
async function recoveries(t: TestContext, go: Go, { random, anywhere, killed }: Choices) {
  // The steps of an agent that takes over, from its start.
  const steps = await go(killed(anywhere()), [{ step: 1e6 }]);
  t.diagnostic(`${steps.length} steps of a recovery`);
  const inIt = () => 1 + random.below(Math.max(steps.length, 1));
  await go(killed(anywhere()), [killed(inIt()), killed(inIt())]);
  if (every === 0) return;
  for (let step = 1; step <= steps.length; step += every) {
    await go(killed(anywhere()), [killed(step), killed(step)]);
  }
  for (const fault of [...kills, ...errors]) {
    for (let step = 1; step <= steps.length; step += every * 3) {
      await go(killed(anywhere()), [{ step, fault }]);
    }
  }
}
