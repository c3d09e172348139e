/** Faults that happen by chance. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Random } from '../random.ts';
import type { Fault, Hands } from './fault.ts';
import { faultByChance } from './faults.ts';
import type { Stage } from './run.ts';

/** How many faults may last at the same time. */
const mostFaults = 3;
/** Between the beginnings of two faults. */
const [shortestPauseMs, longestPauseMs] = [300, 2200];
/** How long a master leads before the next fault that can end that. */
const calmMs = 3000;

/** Lets faults happen for a time: the seed chooses them. @returns how many there were. */
export const faultsByChance = (seed: number, durationMs: number) => async (stage: Stage) => {
  const { cluster, supervisor, witnesses, report } = stage;
  const random = new Random(seed);
  const busy = new Set<object>();
  const underWay = new Set<Promise<void>>();
  const hands = (): Hands => ({
    ...{ cluster, random, leader: witnesses.leader },
    end: (victim, signal) => supervisor.end(victim, signal),
    pause: victim => supervisor.pause(victim),
    restore: victim => supervisor.restore(victim),
  });
  async function happen({ name, victims, longestMs, begin, end }: Fault): Promise<void> {
    for (const victim of victims) busy.add(victim);
    const lastsMs = 50 + random.below(longestMs);
    report(`${name} for ${lastsMs} ms`);
    await begin();
    await sleep(lastsMs);
    await end();
    for (const victim of victims) busy.delete(victim);
  }
  const startedAt = performance.now();
  let count = 0;
  while (performance.now() < startedAt + durationMs && !supervisor.isClosed) {
    await sleep(shortestPauseMs + random.below(longestPauseMs - shortestPauseMs));
    const fault = faultByChance(hands());
    if (!fault || underWay.size >= mostFaults || fault.victims.some(victim => busy.has(victim))) continue;
    // Most of the time a leader works between two faults: without one, nothing else happens.
    if (fault.costsLead && witnesses.leadsForMs < calmMs && random.below(4) > 0) continue;
    const happening = happen(fault).finally(() => underWay.delete(happening));
    underWay.add(happening);
    count++;
  }
  await Promise.all(underWay);
  return count;
};
