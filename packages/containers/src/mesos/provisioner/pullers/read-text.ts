import type { Readable } from 'node:stream';
import { ImageError } from '../image-error.ts';

/** Reads a whole body. @throws {ImageError} when it is longer than `limit` bytes; errors of the connection. */
export async function readBytes(body: Readable, limit: number, from: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > limit) throw new ImageError('REGISTRY', `${from} answered with more than ${limit} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Reads a whole body as text. @throws {ImageError} when it is longer than `limit` bytes; errors of the connection. */
export async function readText(body: Readable, limit: number, from: string): Promise<string> {
  return (await readBytes(body, limit, from)).toString('utf8');
}
