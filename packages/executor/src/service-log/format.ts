import type { Entry } from './parse.ts';

/** Adds to every entry, over what it has of that name. */
export type Fields = Readonly<Record<string, string | number>>;

/** What a line becomes that is no entry, where those are wanted as well. */
export function wrapLine(line: string, now: Date): Entry {
  return { time: now.toISOString(), level: 'INFO', logger: 'invalid-format', msg: line };
}

/** An entry as Logstash wants it: JSON with a line feed. */
export function formatEntry(entry: Entry, ignored: ReadonlySet<string>, fields: Fields, now: Date): string {
  const { time, msg, ...rest } = entry;
  for (const key of ignored) delete rest[key];
  const head = {
    '@timestamp': time === undefined || ignored.has('time') ? now.toISOString() : time,
    '@version': 1,
    ...(msg !== undefined && !ignored.has('msg') && { message: msg }),
  };
  return `${JSON.stringify({ ...head, ...rest, ...fields })}\n`;
}
