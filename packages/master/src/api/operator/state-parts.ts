/** Cuts the state of a cluster into parts that are small enough to be made in one go. */
import type { Lazily } from '@meseta/daemon';
import type { MasterResponseGetFrameworksFramework, MasterResponseGetState } from '@meseta/protocol';

/** Things in one part: encoding them takes less than the time that work may hold the event loop. */
const partLength = 64;

/** A list of the state, with the part of the state that some of its things are. */
interface Source {
  readonly list: Iterable<unknown>;
  partOf(things: readonly never[]): MasterResponseGetState;
}

/**
 * Cuts a state into parts, of which each has things of one list. Tasks, agents and frameworks take turns, so that a reader soon has
 * some of each. Frameworks come without their offers, of which no event tells.
 *
 * A part must be encoded before anything else happens: its things may change later.
 *
 * @returns undefined for a part whose things are all hidden from the subscriber, so that the caller can give way there, too.
 */
export function* stateParts(state: Lazily<MasterResponseGetState>): Generator<MasterResponseGetState | undefined> {
  const turns = sourcesOf(state).map(partsOfAll);
  while (turns.length > 0) {
    for (const turn of [...turns]) {
      const { value, done } = turn.next();
      if (done) turns.splice(turns.indexOf(turn), 1);
      else yield value;
    }
  }
}

/** The lists of each turn. Tasks that end meanwhile are in a later list: those stay one after the other. */
function sourcesOf(state: Lazily<MasterResponseGetState>): Source[][] {
  const { get_tasks, get_agents, get_frameworks, get_executors } = state;
  return [
    [
      { list: get_tasks?.tasks ?? [], partOf: tasks => ({ get_tasks: { tasks: [...tasks] } }) },
      { list: get_tasks?.unreachable_tasks ?? [], partOf: each => ({ get_tasks: { unreachable_tasks: [...each] } }) },
      { list: get_tasks?.completed_tasks ?? [], partOf: each => ({ get_tasks: { completed_tasks: [...each] } }) },
    ],
    [
      { list: get_agents?.agents ?? [], partOf: agents => ({ get_agents: { agents: [...agents] } }) },
      { list: get_agents?.recovered_agents ?? [], partOf: each => ({ get_agents: { recovered_agents: [...each] } }) },
    ],
    [
      { list: get_frameworks?.frameworks ?? [], partOf: each => ({ get_frameworks: { frameworks: bare(each) } }) },
      {
        list: get_frameworks?.completed_frameworks ?? [],
        partOf: each => ({ get_frameworks: { completed_frameworks: bare(each) } }),
      },
    ],
    [{ list: get_executors?.executors ?? [], partOf: each => ({ get_executors: { executors: [...each] } }) }],
  ];
}

/** Leaves out what of a framework is a list as long as there are agents. */
function bare(frameworks: readonly MasterResponseGetFrameworksFramework[]): MasterResponseGetFrameworksFramework[] {
  return frameworks.map(({ offers, inverse_offers, ...framework }) => framework);
}

function* partsOfAll(sources: readonly Source[]): Generator<MasterResponseGetState | undefined> {
  for (const { list, partOf } of sources) {
    let things: unknown[] = [];
    let steps = 0;
    for (const thing of list) {
      if (thing !== undefined) things.push(thing);
      if (++steps % partLength > 0) continue;
      yield things.length > 0 ? partOf(things as never[]) : undefined;
      things = [];
    }
    if (things.length > 0) yield partOf(things as never[]);
  }
}
