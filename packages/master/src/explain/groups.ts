import type { Amounts } from '@meseta/resources';
import type { ExplainedAgent } from './agent-reasons.ts';
import type { ReasonDetails } from './details.ts';
import type { ReasonName } from './reason.ts';
import { particulars, sentencesOf } from './sentences.ts';

/** How many agents of a group are shown with what the reason says of them. */
const mostExamples = 3;
/** How many ids of a group are returned at most. */
export const mostIds = 10_000;
/** How many causes are counted, and how many of them are shown. */
const [mostCounted, mostCauses] = [1000, 5];

/** Who or what is behind a reason, and on how many agents. */
interface Cause {
  readonly text: string;
  readonly agents: number;
}

/** The agents with the same reason. */
export interface Group {
  readonly reason: ReasonName;
  /** Whether the agents are not offered while the reason holds. */
  readonly blocks: boolean;
  readonly text: string;
  /** What to do. */
  readonly advice: string;
  readonly agents: number;
  /** The agents on which nothing else is in the way. */
  readonly only: number;
  readonly causes: readonly Cause[];
  /** Those first of which the least is missing. */
  readonly examples: readonly Example[];
  readonly agent_ids?: readonly string[];
}

interface Example {
  readonly agent_id: string;
  readonly hostname?: string;
  readonly text: string;
}

/** A reason as it is counted. */
export interface CountedReason {
  readonly details: ReasonDetails;
  readonly blocks: boolean;
}

/** Counts the agents of each reason, with memory that does not depend on their number. */
export class Groups {
  readonly #size: Amounts;
  readonly #withIds: boolean;
  readonly #isBuiltIn: boolean;
  readonly #groups = new Map<ReasonName, Tally>();
  /** Agents, and those of them without a reason that blocks. */
  agents = 0;
  offerable = 0;

  /**
   * @param size what was asked for, so that shortages can be compared.
   * @param of.isBuiltIn the scheduler of the framework is the master.
   */
  constructor(size: Amounts, of: { readonly withIds: boolean; readonly isBuiltIn: boolean }) {
    this.#size = size;
    this.#withIds = of.withIds;
    this.#isBuiltIn = of.isBuiltIn;
  }

  add(agent: Pick<ExplainedAgent, 'id' | 'hostname'>, reasons: readonly CountedReason[]): void {
    this.agents++;
    const blocking = new Set(reasons.filter(({ blocks }) => blocks).map(({ details }) => details.reason));
    if (blocking.size === 0) this.offerable++;
    for (const { details, blocks } of reasons) {
      const tally = this.#groups.get(details.reason) ?? new Tally(details.reason, blocks, this.#size);
      this.#groups.set(details.reason, tally);
      const isOnly = blocks ? blocking.size === 1 : blocking.size === 0;
      tally.add(agent, details, isOnly, this.#withIds);
    }
  }

  /** Returns the groups: those first that keep the most agents away all by themselves. */
  sorted(): Group[] {
    return [...this.#groups.values()]
      .map(tally => tally.group(this.#withIds, this.#isBuiltIn))
      .sort(
        (a, b) =>
          Number(b.blocks) - Number(a.blocks) ||
          b.only - a.only ||
          b.agents - a.agents ||
          (a.reason < b.reason ? -1 : 1),
      );
  }
}

class Tally {
  readonly #reason: ReasonName;
  readonly #blocks: boolean;
  readonly #size: Amounts;
  #agents = 0;
  #only = 0;
  readonly #causes = new Map<string, number>();
  #examples: { readonly example: Example; readonly distance: number }[] = [];
  readonly #ids: string[] = [];

  constructor(reason: ReasonName, blocks: boolean, size: Amounts) {
    this.#size = size;
    this.#reason = reason;
    this.#blocks = blocks;
  }

  add(
    { id, hostname }: Pick<ExplainedAgent, 'id' | 'hostname'>,
    details: ReasonDetails,
    isOnly: boolean,
    withIds: boolean,
  ) {
    this.#agents++;
    if (isOnly) this.#only++;
    if (withIds && this.#ids.length < mostIds) this.#ids.push(id);
    for (const cause of causesOf(details)) {
      if (this.#causes.has(cause) || this.#causes.size < mostCounted)
        this.#causes.set(cause, (this.#causes.get(cause) ?? 0) + 1);
    }
    const distance = distanceOf(details.missing, this.#size);
    const last = this.#examples.at(-1);
    if (this.#examples.length === mostExamples && last && last.distance <= distance) return;
    const example = { agent_id: id, ...(hostname !== undefined && { hostname }), text: particulars(details) };
    this.#examples.push({ example, distance });
    this.#examples = this.#examples.sort((a, b) => a.distance - b.distance).slice(0, mostExamples);
  }

  group(withIds: boolean, isBuiltIn: boolean): Group {
    const causes = [...this.#causes].sort(([, a], [, b]) => b - a).slice(0, mostCauses);
    return {
      ...{ reason: this.#reason, blocks: this.#blocks, ...sentencesOf(this.#reason, isBuiltIn) },
      ...{ agents: this.#agents, only: this.#only },
      causes: causes.map(([text, agents]) => ({ text, agents })),
      examples: this.#examples.map(({ example }) => example),
      ...(withIds && { agent_ids: this.#ids }),
    };
  }
}

/** Returns what is missing in one number, for comparisons: the sum of its parts of what was asked for. */
function distanceOf(missing: Amounts = {}, size: Amounts): number {
  return Object.entries(missing).reduce((sum, [name, amount]) => sum + amount / (size[name] ?? amount), 0);
}

/** Returns the names that many agents may have in common. */
function causesOf(details: ReasonDetails): string[] {
  const frameworks = [...(details.held ?? []), ...(details.before ?? [])].map(({ framework_id, framework_name }) =>
    framework_id === undefined ? 'other frameworks' : `framework '${framework_name ?? ''}' (${framework_id})`,
  );
  const roles = [...(details.reserved ?? []), ...(details.guaranteed ?? [])].map(({ role }) =>
    role === undefined ? 'other roles' : `role '${role}'`,
  );
  const quota = details.reason === 'QUOTA_LIMIT' && details.role !== undefined ? [`role '${details.role}'`] : [];
  const constraints = (details.failed ?? []).flat();
  const regions = details.region === undefined ? [] : [`region '${details.region}'`];
  return [...new Set([...frameworks, ...roles, ...quota, ...constraints, ...regions])];
}
