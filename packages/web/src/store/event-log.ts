import { NumberColumn, TextColumn, WordColumn } from './columns.ts';
import { KEPT_EVENTS } from './keys.ts';
import type { Names } from './names.ts';
import type { ShownEvent } from './shown-event.ts';
import { Table } from './table.ts';

/** Characters of a message that are kept. */
const LONGEST_MESSAGE = 300;

/** What events are filtered, sorted and shown by. `at` is in seconds since the epoch; `number` counts from 1. */
export function eventColumns() {
  return {
    number: new NumberColumn(),
    at: new NumberColumn(),
    kind: new WordColumn(),
    /** The id of the task, the agent or the framework. */
    id: new TextColumn(),
    state: new WordColumn(),
    framework: new WordColumn(),
    agent: new WordColumn(),
    source: new WordColumn(),
    reason: new WordColumn(),
    message: new TextColumn(),
  };
}

/** The table of events. Its keys are their numbers. */
export type EventTable = Table<ReturnType<typeof eventColumns>>;

/** The last events of the stream, of which a table has {@link KEPT_EVENTS} at most. */
export class EventLog {
  readonly table: EventTable;
  readonly #now: () => number;
  #last = 0;

  /**
   * @param now milliseconds since the epoch.
   * @param names what agents are called.
   */
  constructor(now: () => number, names?: Names) {
    this.#now = now;
    this.table = new Table(eventColumns(), names);
  }

  /** Notes an event. The end of a snapshot is one, as events before it may be missing. */
  note(event: ShownEvent): void {
    const { columns } = this.table;
    const number = ++this.#last;
    const row = this.table.obtain(String(number));
    columns.number.set(row, number);
    columns.at.set(row, this.#now() / 1000);
    columns.kind.set(row, event.kind);
    columns.id.set(row, event.id ?? '');
    columns.message.set(row, (event.message ?? '').slice(0, LONGEST_MESSAGE));
    for (const name of ['state', 'framework', 'agent', 'source', 'reason'] as const)
      columns[name].set(row, event[name] ?? '');
    this.table.changed(row);
    if (number > KEPT_EVENTS) this.table.remove(String(number - KEPT_EVENTS));
  }

  /** Forgets all events; their numbers go on. */
  clear(): void {
    for (const row of [...this.table.rows()]) this.table.remove(this.table.keyOf(row) as string);
  }

  /** Returns a table with the events of now, which stays as it is. */
  copy(): EventTable {
    const copy: EventTable = new Table(eventColumns(), this.table.names);
    for (const from of this.table.rows()) {
      const row = copy.obtain(this.table.keyOf(from) as string);
      const { columns } = copy;
      const { number, at, id, message, ...words } = this.table.columns;
      columns.number.set(row, number.valueOf(from));
      columns.at.set(row, at.valueOf(from));
      columns.id.set(row, id.valueOf(from));
      columns.message.set(row, message.valueOf(from));
      for (const name in words) {
        const word = name as keyof typeof words;
        columns[word].set(row, words[word].valueOf(from));
      }
    }
    return copy;
  }
}
