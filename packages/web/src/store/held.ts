import type { NumberColumn } from './columns.ts';
import { addQuantities, noQuantities, type Quantities } from './quantities.ts';
import type { Table } from './table.ts';

/** A table whose rows show what tasks and executors hold. */
type HolderTable = Table<
  Readonly<Record<'tasks' | 'cpus_used' | 'mem_used' | 'disk_used' | 'gpus_used', NumberColumn>>
>;

/** What the tasks and executors of one agent or framework hold. */
interface Held extends Quantities {
  tasks: number;
  /** Executors of one framework on one agent are one holder. */
  executors: number;
}

const nothingHeld: Readonly<Held> = { ...noQuantities(), tasks: 0, executors: 0 };

/** Sums what tasks and executors hold, for each agent or each framework, also of one that is still to come in a snapshot. */
export class HeldByHolder {
  readonly #table: HolderTable;
  readonly #held = new Map<string, Held>();

  constructor(table: HolderTable) {
    this.#table = table;
  }

  /** Adds what one task holds, or executors do, or takes it away with a factor of -1. */
  add(id: string, amounts: Quantities, factor: 1 | -1, holder: 'tasks' | 'executors' = 'tasks'): void {
    const held = this.#held.get(id) ?? { ...nothingHeld };
    addQuantities(held, amounts, factor);
    held[holder] += factor;
    if (held.tasks === 0 && held.executors === 0) this.#held.delete(id);
    else this.#held.set(id, held);
    const row = this.#table.rowOf(id);
    if (row === undefined) return;
    this.show(id, row);
    this.#table.changed(row);
  }

  /** Fills in what the row of an agent or a framework shows of it. */
  show(id: string, row: number): void {
    const { columns } = this.#table;
    const held = this.#held.get(id) ?? nothingHeld;
    columns.tasks.set(row, held.tasks);
    columns.cpus_used.set(row, held.cpus);
    columns.mem_used.set(row, held.mem);
    columns.disk_used.set(row, held.disk);
    columns.gpus_used.set(row, held.gpus);
  }
}
