import { UsageError } from '../usage-error.ts';

/** Ctrl-P, Ctrl-Q, as in Docker. */
export const defaultDetachKeys = 'ctrl-p,ctrl-q';

const controls = '@abcdefghijklmnopqrstuvwxyz[\\]^_';

/**
 * Parses keys as Docker has them: characters, or `ctrl-` and one of a-z, @, [, \, ], ^ and _, separated by commas.
 *
 * @throws {UsageError} naming the key.
 */
export function parseDetachKeys(text: string): Buffer {
  return Buffer.from(text.split(',').map(byteOf));
}

function byteOf(key: string): number {
  if (/^[\x20-\x7e]$/.test(key)) return key.charCodeAt(0);
  const code = /^ctrl-.$/i.test(key) ? controls.indexOf(key.slice(-1).toLowerCase()) : -1;
  if (code >= 0) return code;
  throw new UsageError(
    `--detach-keys takes characters and ctrl-a … ctrl-z, ctrl-@, ctrl-[, ctrl-\\, ctrl-], ctrl-^ or ctrl-_, separated by commas; not '${key}'`,
  );
}

/** Looks for the keys in what is typed. A beginning of them is held back until it is clear what it is. */
export class DetachKeys {
  readonly #keys: Buffer;
  #matched = 0;

  /** @param keys the bytes that they send. */
  constructor(keys: Buffer) {
    this.#keys = keys;
  }

  /** Returns what is to be sent, and whether all keys were typed. */
  filter(typed: Buffer): { readonly data: Buffer; readonly detached: boolean } {
    const data: number[] = [];
    for (const byte of typed) {
      if (byte === this.#keys[this.#matched]) {
        if (++this.#matched === this.#keys.length) return { data: Buffer.from(data), detached: true };
        continue;
      }
      data.push(...this.#keys.subarray(0, this.#matched));
      this.#matched = byte === this.#keys[0] ? 1 : 0;
      if (this.#matched === 0) data.push(byte);
    }
    return { data: Buffer.from(data), detached: false };
  }
}
