/** The parameters of the address of a task: `#/tasks/F/T?tab=files&path=logs&file=app.log&at=1024`. */

/** The parts of the page of a task; the first one has no name in the address. */
const taskTabs = ['overview', 'files', 'terminal'] as const;
/** One of {@link taskTabs}. */
export type TaskTab = (typeof taskTabs)[number];

/**
 * What the address says; what it means is read by {@link readTaskSearch}. The router reads values as JSON, so that what looks
 * like a number is one.
 */
export interface TaskSearch {
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
export function taskSearch(raw: Readonly<Record<string, unknown>>): TaskSearch {
  const given = names.flatMap(name => {
    const value = raw[name];
    return typeof value === 'string' || typeof value === 'number' ? [[name, value]] : [];
  });
  return Object.fromEntries(given);
}

/** What the address means, and what in it means nothing. */
export interface TaskPlace {
  readonly tab: TaskTab;
  readonly path: string;
  readonly file: string | undefined;
  readonly at: number | undefined;
  /** Sentences. What they are about is ignored. */
  readonly problems: readonly string[];
}

/** Finds out what the parameters mean. */
export function readTaskSearch({ tab = 'overview', path = '', file: given, at }: TaskSearch): TaskPlace {
  const file = given === undefined ? undefined : String(given);
  const problems: string[] = [];
  const known = taskTabs.find(each => each === tab);
  if (known === undefined) problems.push(`There is no tab '${tab}': there are ${taskTabs.join(', ')}`);
  const isPlace = at !== undefined && /^\d{1,15}$/.test(String(at));
  if (at !== undefined && !isPlace) problems.push(`'${at}' is no place in a file: that is a whole number of bytes`);
  const name = file !== undefined && file !== '' && !file.includes('/') ? file : undefined;
  if (file !== undefined && name === undefined) problems.push(`'${file}' is no name of a file in a directory`);
  return { tab: known ?? 'overview', path: String(path), file: name, at: isPlace ? Number(at) : undefined, problems };
}
