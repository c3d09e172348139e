/** Output of a container, as logs and attached connections bring it. */
import type { Readable } from 'node:stream';

/** A piece of output. */
export interface OutputChunk {
  readonly stream: 'stdout' | 'stderr';
  readonly data: Buffer;
  /** A frame of the engine begins with it; each entry of a log has one. Without a terminal only. */
  readonly first: boolean;
}

/** The framed stream of the engine is damaged, or broke off within a frame. */
export class OutputDamaged extends Error {
  override readonly name = 'OutputDamaged';
  /** Whether it broke off; else it has something that cannot be in it. */
  readonly brokeOff: boolean;

  constructor(message: string, brokeOff: boolean) {
    super(message);
    this.brokeOff = brokeOff;
  }
}

const headerBytes = 8;
/** Of the first byte of a header. What the engine itself reports comes with 3. */
const streams = ['stdout', 'stdout', 'stderr'] as const;
const engineError = 3;

/**
 * Splits the stream of a container without a terminal: frames with a header of 8 bytes, which are the stream, three
 * zeros and the length. Frames are passed on in the pieces they come in, so that a large one is never held in memory. A
 * slow reader makes the engine wait.
 *
 * @throws {OutputDamaged}
 * @see https://docs.docker.com/reference/api/engine/ (Attach to a container, Stream format)
 */
export async function* demultiplexed(source: AsyncIterable<Buffer>): AsyncGenerator<OutputChunk, void, undefined> {
  let header = Buffer.alloc(0);
  let kind = 0;
  let length = 0;
  let left = 0;
  for await (const chunk of source) {
    let rest = chunk;
    while (rest.length > 0) {
      if (left === 0) {
        const taken = rest.subarray(0, headerBytes - header.length);
        header = Buffer.concat([header, taken]);
        rest = rest.subarray(taken.length);
        if (header.length < headerBytes) break;
        kind = header.readUInt8(0);
        length = header.readUInt32BE(4);
        left = length;
        if (kind > engineError || header.readUIntBE(1, 3) !== 0) {
          throw new OutputDamaged('the output has no frames; does the container have a terminal?', false);
        }
        header = Buffer.alloc(0);
        continue;
      }
      const data = rest.subarray(0, left);
      const first = left === length;
      rest = rest.subarray(data.length);
      left -= data.length;
      const stream = streams[kind];
      if (stream === undefined) throw new OutputDamaged(`the engine reports: ${data.toString('utf8', 0, 1024)}`, false);
      yield { stream, data, first };
    }
  }
  if (left > 0 || header.length > 0) throw new OutputDamaged('the engine ended the connection within a frame', true);
}

/** Passes on the stream of a container with a terminal, which has stdout only. */
export async function* undivided(source: AsyncIterable<Buffer>): AsyncGenerator<OutputChunk, void, undefined> {
  for await (const data of source) yield { stream: 'stdout', data, first: false };
}

/** Returns the output of a stream in the form that the container's terminal, or the lack of it, gives it. */
export function outputOf(source: Readable, tty: boolean): AsyncGenerator<OutputChunk, void, undefined> {
  return tty ? undivided(source) : demultiplexed(source);
}
