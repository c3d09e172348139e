/** Makes `/state-summary`: agents and frameworks with counts of tasks instead of tasks. */
import { type Filters, jsonPieces, listed, seenFrameworks } from '@meseta/daemon';
import type { Id, IdKind, TaskState, WireId } from '@meseta/protocol';
import type { MasterContext } from '../context.ts';
import { agentView } from './agent.ts';
import { frameworkSummary } from './framework.ts';

/** The counted states, in Mesos's order. */
const counted = [
  'TASK_STAGING',
  'TASK_STARTING',
  'TASK_RUNNING',
  'TASK_KILLING',
  'TASK_FINISHED',
  'TASK_KILLED',
  'TASK_FAILED',
  'TASK_LOST',
  'TASK_ERROR',
  'TASK_UNREACHABLE',
] as const satisfies readonly TaskState[];

type Counts = Record<(typeof counted)[number], number>;

/** Counts the tasks of an agent or framework by state, and the frameworks or agents they belong to. */
class Tally {
  readonly counts = Object.fromEntries(counted.map(state => [state, 0])) as Counts;
  readonly others = new Set<string>();

  add(state: TaskState, other: string): void {
    if (state in this.counts) this.counts[state as keyof Counts]++;
    this.others.add(other);
  }
}

/** The number of tasks that are counted for one piece. */
const tasksPerTurn = 1000;

/**
 * Makes the text of `/state-summary` in pieces. The first pieces are empty: they let the caller pause while tasks are
 * counted.
 *
 * @see Mesos src/master/readonly_handler.cpp, Master::ReadOnlyHandler::stateSummary
 */
export function* summaryPieces(
  { cluster, info, flags }: MasterContext,
  see: Filters<'VIEW_FRAMEWORK' | 'VIEW_ROLE'>,
): Generator<string> {
  const agents = [...cluster.agents.values()];
  const frameworks = [...seenFrameworks(cluster.frameworks.values(), see)];
  const byAgent = new Map<WireId<'agent'>, Tally>();
  const byFramework = new Map<WireId<'framework'>, Tally>();
  const tasks = frameworks.flatMap(({ tasks, unreachableTasks, completedTasks }) => [
    ...tasks.values(),
    ...unreachableTasks,
    ...completedTasks,
  ]);
  for (const [index, { framework_id, agent_id, state }] of tasks.entries()) {
    tally(byAgent, agent_id.value).add(state, framework_id.value);
    tally(byFramework, framework_id.value).add(state, agent_id.value);
    if (index % tasksPerTurn === 0) yield '';
  }
  const withCounts = <K extends IdKind>(view: object, all: Map<WireId<K>, Tally>, id: Id<K>, others: string) => {
    const { counts, others: ids } = tally(all, id);
    return { ...view, ...counts, [others]: [...ids] };
  };
  yield* jsonPieces({
    hostname: info.hostname,
    cluster: flags.cluster,
    slaves: listed(agents, agent => withCounts(agentView(agent, see), byAgent, agent.id, 'framework_ids')),
    frameworks: listed(frameworks, each => withCounts(frameworkSummary(each), byFramework, each.id, 'slave_ids')),
  });
}

function tally<K extends IdKind>(all: Map<WireId<K>, Tally>, id: WireId<K>): Tally {
  let found = all.get(id);
  if (!found) {
    found = new Tally();
    all.set(id, found);
  }
  return found;
}
