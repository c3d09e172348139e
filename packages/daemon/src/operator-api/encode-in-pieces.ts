import { setImmediate as nextTurn } from 'node:timers/promises';
import { encode, type Field, type MessageType } from '@meseta/protocol';
import type { Lazily } from '../views/json-pieces.ts';

/** The event loop gets its turn at least so often. */
const sliceMs = 5;

/** Bytes of a length-delimited field. */
const lengthDelimited = 2;

type Turn = () => Promise<unknown> | undefined;

/**
 * Encodes a message that may be large, such as the state of a cluster, element by element and not in one go. Fields
 * stand in another order than `encode` gives them, which protobuf leaves open.
 *
 * @throws {EncodeError} as `encode`.
 */
export async function encodeInPieces<T>(type: MessageType<T>, message: Lazily<T>): Promise<Buffer> {
  let end = performance.now() + sliceMs;
  const turn = () => {
    if (performance.now() < end) return undefined;
    return nextTurn().then(() => {
      end = performance.now() + sliceMs;
    });
  };
  return Buffer.concat(await encodeFields(type, message as Record<string, unknown>, turn));
}

async function encodeFields(
  type: MessageType<unknown>,
  message: Readonly<Record<string, unknown>>,
  turn: Turn,
): Promise<Buffer[]> {
  const whole: Record<string, unknown> = {};
  const parts: Buffer[] = [];
  for (const [name, value] of Object.entries(message)) {
    const field = type.byName.get(name);
    if (field === undefined || value === undefined) continue;
    if (field.message !== undefined && field.label === 'repeated') {
      for (const element of value as Iterable<unknown>) {
        const bytes = encode(field.message, element);
        parts.push(prefix(field, bytes.length), bytes);
        await turn();
      }
    } else if (field.message !== undefined && field.label === 'optional') {
      const inner = await encodeFields(field.message, value as Record<string, unknown>, turn);
      const length = inner.reduce((sum, part) => sum + part.length, 0);
      parts.push(prefix(field, length));
      for (const part of inner) parts.push(part); // too many for a call's arguments
    } else whole[name] = field.label === 'repeated' ? [...(value as Iterable<unknown>)] : value;
  }
  parts.unshift(encode(type, whole));
  return parts;
}

/** What stands before the bytes of a message field. */
function prefix(field: Field, length: number): Buffer {
  return Buffer.from([...varint(field.number * 8 + lengthDelimited), ...varint(length)]);
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  bytes.push(rest);
  return bytes;
}
