/** Finds agents, frameworks, roles and tasks by what someone types, the best first. */
import type { ClusterStore } from '../store/cluster.ts';
import type { TextColumn, WordColumn } from '../store/columns.ts';
import type { Table } from '../store/table.ts';
import { matchScore, wordsOf } from './match.ts';

/** Something that was found. */
export interface Found {
  readonly kind: 'agent' | 'framework' | 'role' | 'task';
  /** Its name: a host, or the name of a framework or a role, or the id of a task. */
  readonly title: string;
  /** What distinguishes it from others of the same name. */
  readonly detail: string;
  /** The id of the agent, the framework or the task, or the name of the role. */
  readonly id: string;
  /** Of a task. */
  readonly framework?: string;
}

/** What is added to the scores of what there are fewer of. */
const ADVANTAGE = { framework: 40, role: 30, agent: 20, task: 0 } as const;

/** The best of many. */
class Best {
  readonly #limit: number;
  readonly #kept: { readonly score: number; readonly make: () => Found }[] = [];

  constructor(limit: number) {
    this.#limit = limit;
  }

  offer(score: number, make: () => Found): void {
    const kept = this.#kept;
    if (kept.length === this.#limit && score <= (kept.at(-1)?.score ?? 0)) return;
    let at = kept.length;
    while (at > 0 && (kept[at - 1]?.score ?? 0) < score) at--;
    kept.splice(at, 0, { score, make });
    kept.length = Math.min(kept.length, this.#limit);
  }

  list(): Found[] {
    return this.#kept.map(({ make }) => make());
  }
}

/** Returns what matches, at most `limit`. Nothing typed finds nothing. */
export function findAll(store: ClusterStore, typed: string, limit: number): Found[] {
  const words = wordsOf(typed);
  if (words.length === 0) return [];
  const best = new Best(limit);
  const { agents, frameworks, tasks } = store;
  const offerRows = (
    table: Pick<Table, 'eachRow'>,
    id: TextColumn,
    name: TextColumn,
    kind: 'agent' | 'framework' | 'task',
    make: (row: number) => Found,
  ) => {
    table.eachRow(row => {
      const [one, other] = [id.valueOf(row), name.valueOf(row)];
      const score = Math.max(matchScore(one, words), other === one ? 0 : matchScore(other, words));
      if (score > 0) best.offer(score + ADVANTAGE[kind], () => make(row));
    });
  };
  offerRows(frameworks, frameworks.columns.id, frameworks.columns.name, 'framework', row => {
    const id = frameworks.columns.id.valueOf(row);
    return { kind: 'framework', title: frameworks.columns.name.valueOf(row) || id, detail: id, id };
  });
  for (const role of rolesOf([tasks.columns.role, frameworks.columns.role])) {
    const score = matchScore(role, words);
    if (score > 0)
      best.offer(score + ADVANTAGE.role, () => ({ kind: 'role', title: role, detail: 'its tasks', id: role }));
  }
  offerRows(agents, agents.columns.id, agents.columns.hostname, 'agent', row => {
    const id = agents.columns.id.valueOf(row);
    return { kind: 'agent', title: agents.columns.hostname.valueOf(row) || id, detail: id, id };
  });
  offerRows(tasks, tasks.columns.id, tasks.columns.name, 'task', row => {
    const { id, name, state, framework } = tasks.columns;
    const words = [name.valueOf(row), state.valueOf(row).replace('TASK_', '').toLowerCase()];
    return {
      kind: 'task',
      title: id.valueOf(row),
      detail: words.filter(word => word !== id.valueOf(row)).join(', '),
      id: id.valueOf(row),
      framework: framework.valueOf(row),
    };
  });
  return best.list();
}

function rolesOf(columns: readonly WordColumn[]): Set<string> {
  return new Set(
    columns.flatMap(column => column.words.flatMap((_, number) => column.itemsOf(number)).filter(Boolean)),
  );
}
