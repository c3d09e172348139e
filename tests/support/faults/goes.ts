/** All that can happen on a way: each fault at each of its steps, and at each step of an agent that takes over. */
import type { Random } from '../random.ts';
import { type Fault, faultNames, type Plan, possible, takesRoom } from './plan.ts';

/** What happens to the agent of a way, and to those that are started when it has ended, one after the other. */
export type Go = readonly [Plan, ...Plan[]];

/** The steps of a way, as an agent that only counts has written them down. */
export interface WaySteps {
  readonly launch: readonly string[];
  /** The first of them at which there are faults, counted from 1. */
  readonly first: number;
  /** Those of an agent that takes over, from its start. */
  readonly recovery: readonly string[];
}

/** Processes that help an agent, and what it runs. */
export const helpers: readonly Fault[] = ['spawner', 'shim', 'task'];

/** Errors of changes on disk. */
export const errors: readonly Fault[] = faultNames.filter(name => /^E/.test(name));

/**
 * Returns all goes of a way; which step the agent is killed at that another one takes over from is chance.
 *
 * @param isNew tells of a step of an agent that takes over whether no other way has had it: much of it is what each start does.
 */
export function everyGo(
  { launch, first, recovery }: WaySteps,
  random: Random,
  isNew: (what: string) => boolean,
): readonly Go[] {
  const killed = (): Plan => ({ step: first + random.below(launch.length - first + 1), fault: 'agent' });
  return [
    ...launch.slice(first - 1).flatMap(line => plansAt(line).map((plan): Go => [plan])),
    ...recovery.filter(line => isNew(shapeOf(line))).flatMap(line => plansAt(line).map((plan): Go => [killed(), plan])),
  ];
}

/** Tells whether a go is in one of several runs that have all of them together, numbered from 0. */
export function isInRun(go: Go, run: number, runs: number): boolean {
  const { step, fault = 'none' } = go.at(-1) ?? go[0];
  return (step + faultNames.indexOf(fault)) % runs === run;
}

/** What a step does, without its number, helpers, and the ids and directories that differ from run to run. */
const shapeOf = (line: string) => line.replace(/^\d+ \S+ /, '').replaceAll(/[\w-]*\d[\w-]*/g, '#');

/** The faults that a step can have. @param line of the step: its number, which helpers there are, and what it does. */
function plansAt(line: string): Plan[] {
  const [number, there = '', ...words] = line.split(' ');
  const step = Number(number);
  const what = words.join(' ');
  const isWrite = what.startsWith('write to ');
  const seen = new Set<string>();
  const isNew = (name: string) => !seen.has(name) && seen.add(name);
  return [
    { step, fault: 'agent' },
    ...(isWrite ? [{ step, fault: 'agent' as const, after: true }] : []), // what is on its way arrives
    ...helpers.filter(fault => there.split(',').includes(fault)).map((fault): Plan => ({ step, fault })),
    ...errors
      .filter(fault => !isWrite && (fault !== 'ENOSPC' || takesRoom(what)) && isNew(possible(fault, what)))
      .map((fault): Plan => ({ step, fault })),
  ];
}
