import type { FileHandle } from 'node:fs/promises';

/** Large enough that the bytes, not the turns between them, take the time; small enough for many slow readers. */
const pieceBytes = 256 * 1024;

/**
 * The bytes of a file from `start` up to `end`, in pieces, read only as fast as they are asked for. The handle is closed
 * when the last piece was read or the reader leaves. Written out rather than as a generator, because closing one that was
 * never started would not close the file.
 *
 * @throws {Error} from the iteration when the file turns out to be shorter than `end`.
 */
export function fileContent(handle: FileHandle, start: number, end: number): AsyncIterable<Buffer> {
  let position = start;
  const close = async (): Promise<IteratorReturnResult<undefined>> => {
    await handle.close();
    return { done: true, value: undefined };
  };
  const next = async (): Promise<IteratorResult<Buffer, undefined>> => {
    if (position >= end) return close();
    const buffer = Buffer.allocUnsafeSlow(Math.min(pieceBytes, end - position));
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, position);
    // The length is promised already: only a broken connection tells the client.
    if (bytesRead === 0) throw new Error('The file was cut short while it was sent');
    position += bytesRead;
    return { done: false, value: buffer.subarray(0, bytesRead) };
  };
  return { [Symbol.asyncIterator]: () => ({ next, return: close }) };
}
