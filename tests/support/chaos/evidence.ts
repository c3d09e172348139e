/** What is known after chaos: the checker judges nothing else. */
import type { TaskStatus } from '@meseta/protocol';
import type { TaskKind } from './kinds.ts';

/** A line of a framework's journal, which is on disk before the framework acts on it. */
export type JournalLine =
  | { readonly launch: string; readonly kind: TaskKind; readonly agent: string; readonly group?: string }
  | { readonly kill: string }
  | { readonly status: SeenStatus };

/** A status that the framework was given. */
export interface SeenStatus extends Pick<TaskStatus, 'state' | 'uuid' | 'reason' | 'message' | 'source'> {
  readonly task: string;
}

/** A task that a framework has decided to launch. */
export interface TaskEvidence {
  readonly id: string;
  readonly kind: TaskKind;
  /** It was launched in a task group. */
  readonly isGrouped: boolean;
  /** The framework has asked for its end. */
  readonly isKilled: boolean;
  /** In the order of their arrival. Those that were not acknowledged when the framework ended are given to it again. */
  readonly statuses: readonly SeenStatus[];
  /** What it wrote: `begin`, then `exit 0`, `exit 3`, `signal 9` or `term`. */
  readonly traces: readonly string[];
}

/** A master answered a question that only a leader answers. */
export interface Observation {
  /** The id of its candidacy. */
  readonly master: string;
  /** Milliseconds, of one clock. */
  readonly askedAt: number;
  readonly answeredAt: number;
}

/** A change of the registry: each sets the weight of a role of its own. */
export interface Change {
  readonly role: string;
  readonly weight: number;
  /** The master has answered that it is stored. Otherwise nobody knows. */
  readonly isAcknowledged: boolean;
}

/** What an agent holds, according to the leader or to itself, when all tasks have ended. */
export interface Held {
  readonly where: string;
  readonly what: string;
}

/** A master was elected and ended, because ZooKeeper had lost data: its last line of this kind. */
export interface Refusal extends Held {
  /** It has not ended for another reason since. */
  readonly isLast: boolean;
}

export interface Evidence {
  readonly tasks: readonly TaskEvidence[];
  readonly observations: readonly Observation[];
  readonly changes: readonly Change[];
  /** Weights by role, in the end. Undefined when no master leads then. */
  readonly weights: Readonly<Record<string, number>> | undefined;
  readonly refusals: readonly Refusal[];
  /** Resources and tasks that count as in use in the end. */
  readonly held: readonly Held[];
  /** Command lines of processes that are left. */
  readonly processes: readonly string[];
  /** Ids under which each agent was registered, by its name. */
  readonly agents: Readonly<Record<string, readonly string[]>>;
  /** Daemons and frameworks that ended, or logged, what they must not. */
  readonly complaints: readonly Held[];
}

/** Puts the journal of a framework and the traces of its tasks together. */
export function tasksOf(journal: readonly JournalLine[], traces: readonly string[]): TaskEvidence[] {
  const notes = Map.groupBy(traces, line => line.slice(0, line.indexOf(' ')));
  const statuses = Map.groupBy(
    journal.flatMap(line => ('status' in line ? [line.status] : [])),
    ({ task }) => task,
  );
  const killed = new Set(journal.flatMap(line => ('kill' in line ? [line.kill] : [])));
  return journal.flatMap(line =>
    'launch' in line
      ? {
          ...{
            id: line.launch,
            kind: line.kind,
            isGrouped: line.group !== undefined,
            isKilled: killed.has(line.launch),
          },
          statuses: statuses.get(line.launch) ?? [],
          traces: (notes.get(line.launch) ?? []).map(note => note.slice(note.indexOf(' ') + 1)),
        }
      : [],
  );
}
