import { encode, type Field, type MessageType } from '@meseta/protocol';
import { Slice } from '@meseta/system';
import { hasLazy, type Lazily } from '../views/json-pieces.ts';

/** Bytes of a length-delimited field. */
const lengthDelimited = 2;

/** Small parts are joined when there are so many: putting a million of them together at the end would take long. */
const partsPerChunk = 1024;

/**
 * Encodes a message that may be large, such as the state of a cluster, element by element and not in one go. Fields
 * stand in another order than `encode` gives them, which protobuf leaves open.
 *
 * @param head made from the length, stands before the message: how RecordIO frames it.
 * @throws {EncodeError} as `encode`.
 */
export async function encodeInPieces<T>(
  type: MessageType<T>,
  message: Lazily<T>,
  head: (length: number) => string = () => '',
): Promise<Buffer> {
  const slice = new Slice();
  const parts = await encodeFields(type, message as Record<string, unknown>, slice);
  const length = total(parts);
  const before = Buffer.from(head(length));
  const bytes = Buffer.allocUnsafeSlow(before.length + length);
  let written = before.copy(bytes);
  for (const part of parts) {
    written += part.copy(bytes, written);
    await slice.giveWay();
  }
  return bytes;
}

const total = (parts: readonly Buffer[]) => parts.reduce((sum, { length }) => sum + length, 0);

/** Ends a chunk. */
function join(chunks: Buffer[], parts: Buffer[]): void {
  if (parts.length > 0) chunks.push(Buffer.concat(parts.splice(0)));
}

async function encodeFields(
  type: MessageType<unknown>,
  message: Readonly<Record<string, unknown>>,
  slice: Slice,
): Promise<Buffer[]> {
  const whole: Record<string, unknown> = {};
  const chunks: Buffer[] = [];
  const parts: Buffer[] = [];
  for (const [name, value] of Object.entries(message)) {
    const field = type.byName.get(name);
    if (field === undefined || value === undefined) continue;
    if (field.message !== undefined && field.label === 'repeated') {
      for (const element of value as Iterable<unknown>) {
        if (hasLazy(element)) {
          await encodeInner(field, element, slice, chunks, parts);
        } else if (element !== undefined) {
          const bytes = encode(field.message, element);
          parts.push(prefix(field, bytes.length), bytes);
          if (parts.length >= partsPerChunk) join(chunks, parts);
        }
        if (slice.isOver) await slice.giveWay();
      }
    } else if (field.message !== undefined && field.label === 'optional') {
      await encodeInner(field, value, slice, chunks, parts);
    } else whole[name] = field.label === 'repeated' ? [...(value as Iterable<unknown>)] : value;
  }
  join(chunks, parts);
  return [encode(type, whole), ...chunks];
}

/** Encodes a field that is a message, and may be large. */
async function encodeInner(
  field: Field,
  message: unknown,
  slice: Slice,
  chunks: Buffer[],
  parts: Buffer[],
): Promise<void> {
  const inner = await encodeFields(field.message as MessageType<unknown>, message as Record<string, unknown>, slice);
  parts.push(prefix(field, total(inner)));
  join(chunks, parts);
  for (const part of inner) chunks.push(part); // too many for a call's arguments
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
