import type { FileHandle } from 'node:fs/promises';

/** Large enough that the bytes, not the turns between them, take the time; small enough for many slow readers. */
const pieceBytes = 256 * 1024;

/**
 * Reads the bytes of a file from `start` up to `end`, in pieces, only as fast as they are asked for. Two buffers take
 * turns: a piece holds its bytes until the next but one is asked for, and one that is smaller than `pieceBytes` for
 * good. The handle is closed when the last piece was read or the reader leaves. Written out rather than as a generator,
 * because closing one that was never started would not close the file.
 *
 * @throws {Error} from the iteration when the file turns out to be shorter than `end`.
 */
export function fileContent(handle: FileHandle, start: number, end: number): AsyncIterable<Buffer> {
  let position = start;
  let [buffer, other]: (Buffer | undefined)[] = [];
  const close = async (): Promise<IteratorReturnResult<undefined>> => {
    await handle.close();
    return { done: true, value: undefined };
  };
  const next = async (): Promise<IteratorResult<Buffer, undefined>> => {
    if (position >= end) return close();
    const wanted = Math.min(pieceBytes, end - position);
    // New memory for each piece would cost more than to read it: the kernel clears it, and it is garbage at once.
    [buffer, other] = [other?.length === wanted ? other : Buffer.allocUnsafeSlow(wanted), buffer];
    const { bytesRead } = await handle.read(buffer, 0, wanted, position);
    // The response has announced its length already, so only a closed connection can report the error.
    if (bytesRead === 0) throw new Error('The file was cut short while it was sent');
    position += bytesRead;
    const piece = buffer.subarray(0, bytesRead);
    if (bytesRead < pieceBytes) buffer = undefined;
    return { done: false, value: piece };
  };
  return { [Symbol.asyncIterator]: () => ({ next, return: close }) };
}
