import type { Readable } from 'node:stream';

/**
 * Reads a text that has a limit.
 *
 * @param most bytes.
 * @param complete whether the beginning of a longer one is of no use.
 * @returns undefined when it is longer and has to be complete; of another one that is longer, the beginning.
 */
export async function readBounded(body: Readable, most: number, complete: boolean): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    length += chunk.length;
    if (length <= most) continue;
    if (complete) return undefined;
    break;
  }
  return Buffer.concat(chunks).subarray(0, most).toString('utf8');
}
