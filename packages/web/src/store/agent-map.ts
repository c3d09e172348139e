/** All agents for the map: what is the same for long, and what changes, apart. */
import type { AgentTable } from './agents.ts';

/** The resources whose use the map shows. */
export const mappedKinds = ['cpus', 'mem', 'disk', 'gpus'] as const;
/** One of {@link mappedKinds}. */
export type MappedKind = (typeof mappedKinds)[number];

/** The agents in the order of the map: by region, zone and host. */
export interface MapMembers {
  readonly ids: readonly string[];
  readonly hosts: readonly string[];
}

/** What the agents do, in the order of the members. */
export interface MapValues {
  /** The states that occur. */
  readonly stateNames: readonly string[];
  /** Indexes of these. */
  readonly states: Uint8Array;
  /** The part that is used, from 0 to 1; NaN: the agent has nothing of it. */
  readonly shares: Readonly<Record<MappedKind, Float32Array>>;
  readonly tasks: Float32Array;
}

/** What a page gets: the members only when they have changed. */
export interface MapNews {
  readonly members?: MapMembers;
  readonly values: MapValues;
}

/** Follows the agents of a table. */
export class AgentMapView {
  readonly #table: AgentTable;
  readonly #unwatch: () => void;
  /** By row, by what the agent there is placed. */
  readonly #places = new Map<number, string>();
  #order: readonly number[] = [];
  #isMoved = true;
  #hasChanged = true;

  constructor(table: AgentTable) {
    this.#table = table;
    for (const row of table.rows()) this.#places.set(row, this.#placeOf(row) ?? '');
    this.#unwatch = table.watch(row => {
      this.#hasChanged = true;
      const place = this.#placeOf(row);
      if (this.#places.get(row) === place) return;
      this.#isMoved = true;
      if (place === undefined) this.#places.delete(row);
      else this.#places.set(row, place);
    });
  }

  /** Returns what is new since the last time; undefined: nothing is. */
  news(): MapNews | undefined {
    if (!this.#hasChanged) return undefined;
    this.#hasChanged = false;
    const members = this.#isMoved ? this.#sort() : undefined;
    this.#isMoved = false;
    return { ...(members && { members }), values: this.#values() };
  }

  /** Ends it. */
  close(): void {
    this.#unwatch();
  }

  #sort(): MapMembers {
    const placed = [...this.#places].sort(([, a], [, b]) => (a < b ? -1 : a > b ? 1 : 0));
    this.#order = placed.map(([row]) => row);
    const { id, hostname } = this.#table.columns;
    return { ids: this.#order.map(row => id.valueOf(row)), hosts: this.#order.map(row => hostname.valueOf(row)) };
  }

  #values(): MapValues {
    const { columns } = this.#table;
    const names = new Map<string, number>();
    const states = new Uint8Array(this.#order.length);
    const tasks = new Float32Array(this.#order.length);
    const shares = Object.fromEntries(mappedKinds.map(kind => [kind, new Float32Array(this.#order.length)])) as Record<
      MappedKind,
      Float32Array
    >;
    for (const [index, row] of this.#order.entries()) {
      const state = columns.state.valueOf(row);
      const number = names.get(state) ?? names.size;
      names.set(state, number);
      states[index] = number;
      tasks[index] = columns.tasks.valueOf(row);
      for (const kind of mappedKinds) {
        const total = columns[kind].valueOf(row);
        shares[kind][index] = total > 0 ? columns[`${kind}_used`].valueOf(row) / total : Number.NaN;
      }
    }
    return { stateNames: [...names.keys()], states, shares, tasks };
  }

  /** Returns by what an agent is placed; undefined: it is gone. */
  #placeOf(row: number): string | undefined {
    const key = this.#table.keyOf(row);
    if (key === undefined) return undefined;
    const { region, zone, hostname } = this.#table.columns;
    return [region.valueOf(row), zone.valueOf(row), hostname.valueOf(row), key].join('\u0000');
  }
}
