/** What words of a column are called besides: the host of an agent, where a column has its id. */
export interface Names {
  /** For each column that has such words: what a word is called; empty: not known. */
  readonly of: Readonly<Record<string, (word: string) => string>>;
  /** Another number when something may be called otherwise. */
  readonly version: number;
}

/** Words that are called nothing else. */
export const noNames: Names = { of: {}, version: 0 };

/** The name of the value that a row shows beside that of a column. */
export const nameField = (column: string): string => `${column}_name`;

/** Returns the place of each word among all, in the order of what they are called. Words that are called the same are not mixed. */
export function placesByName(words: readonly string[], nameOf: (word: string) => string): Uint32Array {
  const texts = words.map(word => nameOf(word) || word);
  const numbers = words.map((_, number) => number);
  const before = (one = '', other = '') => (one < other ? -1 : one > other ? 1 : 0);
  numbers.sort((a, b) => before(texts[a], texts[b]) || before(words[a], words[b]));
  const places = new Uint32Array(numbers.length);
  numbers.forEach((number, place) => {
    places[number] = place;
  });
  return places;
}
