import type { Entry } from './parse.ts';

/** Fields that every entry gets. They replace the entry's own fields of the same name. */
export type Fields = Readonly<Record<string, string | number>>;

/** Makes an entry from a line that is not in the log's format. */
export function wrapLine(line: string, now: Date): Entry {
  return { time: now.toISOString(), level: 'INFO', logger: 'invalid-format', msg: line };
}

/** Formats an entry for Logstash: JSON with a line feed, `@timestamp` and `@version` included. */
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
