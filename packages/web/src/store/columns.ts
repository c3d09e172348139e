/** The columns of tables: what rows are filtered, sorted and shown by. A row is a number below the table's capacity. */

/** A column of any kind. */
export interface Column {
  /** Allocates space for rows below `capacity`. */
  grow(capacity: number): void;
  /** What is shown in a row. */
  valueOf(row: number): string | number;
  /** Orders two rows by this column: negative when `a` comes first. */
  compare(a: number, b: number): number;
}

/** Words that repeat from row to row, such as states and ids of agents: each is kept once. */
export class WordColumn implements Column {
  readonly words: string[] = [''];
  readonly #numberOf = new Map<string, number>([['', 0]]);
  #rows = new Uint32Array(0);
  /** The place of each word among all, in their order; made when it is asked for. */
  #places: Uint32Array | undefined;

  grow(capacity: number): void {
    this.#rows = grown(this.#rows, new Uint32Array(capacity));
  }

  /** The number of a row's word, an index of {@link words}. */
  numberAt(row: number): number {
    return this.#rows[row] as number;
  }

  valueOf(row: number): string {
    return this.words[this.numberAt(row)] as string;
  }

  set(row: number, word: string): void {
    this.#rows[row] = this.#number(word);
  }

  compare(a: number, b: number): number {
    const places = this.#order();
    return (places[this.numberAt(a)] as number) - (places[this.numberAt(b)] as number);
  }

  #number(word: string): number {
    const known = this.#numberOf.get(word);
    if (known !== undefined) return known;
    const number = this.words.push(word) - 1;
    this.#numberOf.set(word, number);
    this.#places = undefined;
    return number;
  }

  #order(): Uint32Array {
    if (this.#places) return this.#places;
    const numbers = this.words.map((_, number) => number).sort((a, b) => compareText(this.words[a], this.words[b]));
    this.#places = new Uint32Array(numbers.length);
    numbers.forEach((number, place) => {
      (this.#places as Uint32Array)[number] = place;
    });
    return this.#places;
  }
}

/** Texts that differ from row to row, such as ids of tasks. */
export class TextColumn implements Column {
  readonly #rows: string[] = [];

  grow(): void {}

  valueOf(row: number): string {
    return this.#rows[row] ?? '';
  }

  set(row: number, text: string): void {
    this.#rows[row] = text;
  }

  compare(a: number, b: number): number {
    return compareText(this.#rows[a], this.#rows[b]);
  }
}

/** Numbers; NaN is none, and comes after all others. */
export class NumberColumn implements Column {
  #rows = new Float64Array(0);

  grow(capacity: number): void {
    this.#rows = grown(this.#rows, new Float64Array(capacity));
  }

  valueOf(row: number): number {
    return this.#rows[row] as number;
  }

  set(row: number, value: number): void {
    this.#rows[row] = value;
  }

  compare(a: number, b: number): number {
    const [one, other] = [this.valueOf(a), this.valueOf(b)];
    if (Number.isNaN(one) || Number.isNaN(other)) return Number(Number.isNaN(one)) - Number(Number.isNaN(other));
    return one - other;
  }
}

function grown<T extends Uint32Array | Float64Array>(old: T, larger: T): T {
  larger.set(old);
  return larger;
}

/** By code units, which is the same for everybody and ten times as fast as a language's order. */
function compareText(a = '', b = ''): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
