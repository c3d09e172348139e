/** UUIDs as messages carry them: 16 bytes, which are base64 in memory. */

/** Returns a new random UUID (version 4), in the in-memory form of a `bytes uuid` field. */
export function newUuid(): string {
  // Loaded at the first call: a process that makes none, such as most commands, does not pay for it.
  const { randomUUID } = process.getBuiltinModule('node:crypto');
  return Buffer.from(randomUUID().replaceAll('-', ''), 'hex').toString('base64');
}

/** Says whether a `bytes` field holds a UUID. Peers may send anything. */
export function isUuid(base64: string): boolean {
  return Buffer.from(base64, 'base64').length === 16;
}
