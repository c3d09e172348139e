/**
 * Returns what a table has under a key that comes from outside; undefined where the key is only a name that every object
 * inherits, such as `constructor`.
 */
export function own<T>(table: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}
