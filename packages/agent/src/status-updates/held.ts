import type { StatusUpdate } from '@meseta/protocol';

/** How much of one executor's updates may be held. One update may exceed it when no other is held. */
export const heldBytes = 32 * 1024 * 1024;
/** Of an object or number, beside the texts in it. */
const fieldBytes = 16;

/** How much memory the updates of each executor take, from their arrival to their acknowledgement. */
export class Held {
  readonly #bytes = new Map<string, number>();

  /** Whether an executor may add so much. */
  hasRoom(owner: string, bytes: number): boolean {
    const held = this.#bytes.get(owner) ?? 0;
    return held === 0 || held + bytes <= heldBytes;
  }

  /** Counts bytes for an executor; less than 0: they are held no more. */
  add(owner: string, bytes: number): void {
    const held = (this.#bytes.get(owner) ?? 0) + bytes;
    if (held > 0) this.#bytes.set(owner, held);
    else this.#bytes.delete(owner);
  }
}

/** The name that the bytes of an executor's updates are counted under. */
export function ownerOf({ framework_id, executor_id }: Pick<StatusUpdate, 'framework_id' | 'executor_id'>): string {
  return `${framework_id.value}/${executor_id?.value ?? ''}`;
}

/** Returns about how much memory a message takes. Its texts are not looked at, so this costs little for any size. */
export function bytesOf(message: unknown): number {
  if (typeof message === 'string') return message.length;
  if (typeof message !== 'object' || message === null) return fieldBytes;
  let sum = fieldBytes;
  for (const name in message) sum += bytesOf((message as Readonly<Record<string, unknown>>)[name]);
  return sum;
}
