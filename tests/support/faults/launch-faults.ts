/**
 * Something goes wrong at a step of a launch or an end: the agent is killed before or after a change on disk or a message to
 * a helper or a peer, a process that takes part is killed, or a change on disk fails. The next agents are killed, too, while
 * they recover. Each task ends once with a legal history, its resources are free again, and nothing is left.
 *
 * `FAULTS_SEED` chooses other steps and faults, `FAULTS_ONLY` is the name of one way. `FAULTS_EVERY=1` has every fault at
 * every step, and goes on after one that ends badly; `FAULTS_EVERY=4` every fourth of them, and `FAULTS_OFFSET`, 0 to 3,
 * tells from which on, so that these four runs have all. `FAULTS_LOG` is a file that gets a line for each.
 * `FAULTS_PLANS` has lists of plans, as an error shows them, that are gone through instead: `[[{"step":37,"fault":"EIO"}]]`.
 */
import assert from 'node:assert/strict';
import { appendFileSync } from 'node:fs';
import { suite, type TestContext, test } from 'node:test';
import { all, type Need } from '@meseta/system/testing';
import type { Flags } from '../daemon.ts';
import { Random } from '../random.ts';
import { errors, everyGo, type Go, helpers, isInRun } from './goes.ts';
import type { Plan } from './plan.ts';
import { FaultScene, type Way } from './scene.ts';

const seed = Number(process.env.FAULTS_SEED ?? 1);
const every = Number(process.env.FAULTS_EVERY ?? 0);
const offset = Number(process.env.FAULTS_OFFSET ?? 0);
const { FAULTS_ONLY: only, FAULTS_PLANS: given, FAULTS_LOG: log } = process.env;

/** So many goes have a cluster of their own; fewer when one ends badly. */
const goesOfCluster = 100;
/** So many goes of a way may end badly before the others are left out. */
const badGoes = 10;

/** What is there for a way. */
export interface WaySetting {
  readonly flags?: (t: TestContext) => Flags;
  readonly needs?: readonly Need[];
  /** Goes that are made besides those by chance. */
  readonly plans?: readonly Go[];
}

/** Tests of ways, some at a time. */
export function testFaults<W extends Way>(ways: readonly W[], settingOf: (way: W) => WaySetting): void {
  suite('faults at the steps of', { concurrency: every === 0 ? 2 : 3 }, () => {
    for (const way of ways) {
      if (only !== undefined && only !== way.name) continue;
      const { flags = () => ({}), needs = [], plans = [] } = settingOf(way);
      test(way.name, all(...needs), t => faultsOn(t, way, { flags, plans }));
    }
  });
}

interface Going {
  readonly flags: (t: TestContext) => Flags;
  readonly plans: NonNullable<WaySetting['plans']>;
}

async function faultsOn(t: TestContext, way: Way, { flags, plans }: Going): Promise<void> {
  t.diagnostic(`seed ${seed}`);
  if (given === undefined && every > 0) {
    await everywhere(t, way, flags);
    if (plans.length === 0) return;
  }
  const scene = await FaultScene.start(t, flags(t));
  await scene.warmUp(way);
  if (given === undefined && every === 0) await byChance(t, way, scene);
  for (const [plan, ...next] of given === undefined ? plans : (JSON.parse(given) as typeof plans)) {
    await scene.go(way, plan, next);
    const missed = [plan, ...next].filter((_, index) => !scene.reached[index]);
    assert.deepEqual(missed, [], `${way.name}: the steps of these plans were not reached, so they prove nothing`);
  }
  await end(scene);
}

async function end(scene: FaultScene): Promise<void> {
  await scene.framework.teardown(); // with what was there during all launches
  await scene.over();
}

/** How many plans there were. How many steps a way has differs from go to go, so some of the last may not be reached. */
class Counts {
  #plans = 0;
  #reached = 0;

  add(go: Go, reached: readonly boolean[]): void {
    for (const [index, { fault }] of go.entries()) {
      if (fault === undefined) continue;
      this.#plans++;
      if (reached[index]) this.#reached++;
    }
  }

  check(t: TestContext): void {
    const counts = `${this.#reached} of ${this.#plans} plans were reached`;
    t.diagnostic(counts);
    assert.ok(this.#reached * 2 >= this.#plans, counts);
  }
}

/** The steps of a way. @returns also the first at which there are faults. */
async function stepsOf(t: TestContext, way: Way, scene: FaultScene) {
  const launch = await scene.go(way, { step: 1e6 });
  const { from } = way;
  const first = 1 + (from ? launch.findIndex(step => from.test(step)) : 0);
  assert.ok(first > 0 && launch.length - first > 4, `${launch.length} steps`);
  t.diagnostic(`${launch.length} steps from ${first}`);
  return { launch, first };
}

async function stepsOfRecovery(t: TestContext, way: Way, scene: FaultScene, killed: Plan): Promise<string[]> {
  const steps = await scene.go(way, killed, [{ step: 1e6 }]);
  t.diagnostic(`${steps.length} steps of a recovery`);
  return steps;
}

/** A few faults, chosen by the seed. */
async function byChance(t: TestContext, way: Way, scene: FaultScene): Promise<void> {
  const random = new Random(seed);
  const { launch, first } = await stepsOf(t, way, scene);
  const last = launch.length;
  const counts = new Counts();
  const go = async (...go: Go) => {
    const [plan, ...next] = go;
    await scene.go(way, plan, next);
    counts.add(go, scene.reached);
  };
  const anywhere = () => first + random.below(last - first + 1);
  const killed = (step: number): Plan => ({ step, fault: 'agent', after: random.below(2) === 1 });
  const stride = Math.ceil((last - first + 1) / 3);
  for (let step = first + random.below(stride); step <= last; step += stride) await go(killed(step));
  const recovery = await stepsOfRecovery(t, way, scene, killed(anywhere()));
  const inIt = () => 1 + random.below(Math.max(recovery.length, 1));
  await go(killed(anywhere()), killed(inIt()), killed(inIt()));
  for (const faults of [helpers, errors]) await go({ step: anywhere(), fault: random.pick(faults) });
  counts.check(t);
}

/** The steps of agents that take over, of all ways so far. */
const startSteps = new Set<string>();
/** Ways count their steps one after the other: whose step of a start it is does not depend on how fast they are. */
let counting: Promise<void> = Promise.resolve();

/** Every fault at every step, or every so many of them. */
async function everywhere(t: TestContext, way: Way, flagsOf: (t: TestContext) => Flags): Promise<void> {
  const turn = Promise.withResolvers<void>();
  const before = counting;
  counting = turn.promise;
  const counts = new Counts();
  let goes: Go[] | undefined;
  let bad = 0;
  do {
    await t.test(`from ${goes?.[0] ? JSON.stringify(goes[0]) : 'the first'}`, async t => {
      bad++;
      const scene = await FaultScene.start(t, flagsOf(t));
      await scene.warmUp(way);
      await before;
      goes ??= await goesOf(t, way, scene);
      turn.resolve();
      for (const [plan, ...next] of someOf(goes)) {
        const began = performance.now();
        const said = () => `${Math.round(performance.now() - began)} ms ${JSON.stringify([plan, ...next])}`;
        try {
          await scene.go(way, plan, next);
          counts.add([plan, ...next], scene.reached);
          note(way, `ok ${said()} reached ${scene.reached}`);
        } catch (error) {
          note(way, `BAD ${said()} ${error}`);
          throw error;
        }
      }
      await end(scene);
      bad--;
    });
    turn.resolve(); // of one that has failed, too
  } while (goes !== undefined && goes.length > 0 && bad < badGoes);
  assert.deepEqual(goes, [], 'these were left out');
  counts.check(t);
}

/** The goes of a way in this run. */
async function goesOf(t: TestContext, way: Way, scene: FaultScene): Promise<Go[]> {
  const { launch, first } = await stepsOf(t, way, scene);
  const middle = Math.ceil((first + launch.length) / 2);
  const recovery = await stepsOfRecovery(t, way, scene, { step: middle, fault: 'agent' });
  const had = new Set(startSteps);
  const isNewStart = (what: string) => !had.has(what) && startSteps.add(what).has(what);
  const all = everyGo({ launch, first, recovery }, new Random(seed), isNewStart);
  const goes = all.filter(go => isInRun(go, offset, every));
  const counts = { launch: launch.length, first, recovery: recovery.length, all: all.length, goes: goes.length };
  note(way, JSON.stringify(counts));
  return goes;
}

/** Takes those of one cluster, each when it is its turn. */
function* someOf(goes: Go[]): Generator<Go> {
  for (let taken = 0; taken < goesOfCluster; taken++) {
    const go = goes.shift();
    if (go === undefined) return;
    yield go;
  }
}

function note(way: Way, line: string): void {
  if (log !== undefined) appendFileSync(log, `${way.name} ${line}\n`);
}
