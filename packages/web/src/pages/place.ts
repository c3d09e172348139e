/** The place in a page of one thing, in its address: `#/tasks/F/T?tab=files&path=logs&file=app.log&at=1024`. */

/**
 * What the address says; what it means is read by {@link readPlace}. The router reads values as JSON, so that what looks like a
 * number is one.
 */
export interface PlaceSearch {
  readonly tab?: string | number;
  /** A directory: below the sandbox, or with a slash at its beginning one of the agent's. */
  readonly path?: string | number;
  /** A file in the directory. */
  readonly file?: string | number;
  /** A place in the file, in bytes. */
  readonly at?: string | number;
}

const names = ['tab', 'path', 'file', 'at'] as const;

/** Reads the parameters; others are left out. */
export function placeSearch(raw: Readonly<Record<string, unknown>>): PlaceSearch {
  const given = names.flatMap(name => {
    const value = raw[name];
    return typeof value === 'string' || typeof value === 'number' ? [[name, value]] : [];
  });
  return Object.fromEntries(given);
}

/** What the address means, and what in it means nothing. */
export interface Place<T extends string> {
  readonly tab: T;
  readonly path: string;
  readonly file: string | undefined;
  readonly at: number | undefined;
  /** Sentences. What they are about is ignored. */
  readonly problems: readonly string[];
}

/** Finds out what the parameters mean. @param titles of the tabs by their names. The first one has no name in the address. */
export function readPlace<T extends string>(
  titles: Readonly<Record<T, string>>,
  { tab, path = '', file: given, at }: PlaceSearch,
): Place<T> {
  const tabs = Object.keys(titles) as T[];
  const [first] = tabs as [T, ...T[]];
  const file = given === undefined ? undefined : String(given);
  const problems: string[] = [];
  const known = tab === undefined ? first : tabs.find(each => each === tab);
  if (known === undefined) problems.push(`There is no tab '${tab}': there are ${tabs.join(', ')}`);
  const isPlace = at !== undefined && /^\d{1,15}$/.test(String(at));
  if (at !== undefined && !isPlace) problems.push(`'${at}' is no place in a file: that is a whole number of bytes`);
  const name = file !== undefined && file !== '' && !file.includes('/') ? file : undefined;
  if (file !== undefined && name === undefined) problems.push(`'${file}' is no name of a file in a directory`);
  return { tab: known ?? first, path: String(path), file: name, at: isPlace ? Number(at) : undefined, problems };
}
