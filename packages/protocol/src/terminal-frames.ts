/**
 * The frames of a terminal through the master: binary WebSocket messages, the first byte of which says what the rest is.
 * Pure, for Node.js and browsers.
 *
 * ```text
 * to the container      0 input            bytes, as they were typed
 *                       1 window size      rows, then columns: 16 bits each, big-endian
 *                       2 end of input     nothing
 *                       3 taken            how many bytes of output were taken since the last one: 32 bits, big-endian
 * from the container    0 output           bytes
 *                       1 error output     bytes, of commands without a terminal
 *                       2 end              JSON, see {@link TerminalEnd}; the last one
 *                       3 taken            how many bytes of input were taken since the last one: 32 bits, big-endian
 * ```
 */

/** What goes to a container. */
export type TerminalInput =
  | { readonly kind: 'input'; readonly data: Uint8Array }
  | { readonly kind: 'size'; readonly rows: number; readonly columns: number }
  | { readonly kind: 'inputEnd' }
  | { readonly kind: 'taken'; readonly bytes: number };

/** What comes from a container. */
export type TerminalOutput =
  | { readonly kind: 'output' | 'errorOutput'; readonly data: Uint8Array }
  | { readonly kind: 'taken'; readonly bytes: number }
  | { readonly kind: 'end'; readonly end: TerminalEnd };

/**
 * How a terminal ended.
 *
 * - `exited`: its command did
 * - `refused`: the agent does not run the command
 * - `lost`: the connection to the agent broke
 * - `idle`: nothing was typed or shown for long
 * - `stopped`: the master does not lead any more, or stops
 * - `invalid`: the client does not keep to the protocol
 */
export interface TerminalEnd {
  readonly how: (typeof ends)[number];
  /** As shells have it; of commands that could not be run, too. Absent when it is not known. */
  readonly exit_code?: number;
  /** A sentence, except of an end that explains itself. */
  readonly message?: string;
  /** The error code of a refusal. */
  readonly code?: string;
}

const ends = ['exited', 'refused', 'lost', 'idle', 'stopped', 'invalid'] as const;

/** A frame does not have the form of its kind. */
export class TerminalFrameError extends Error {
  override readonly name = 'TerminalFrameError';
  readonly code = 'TERMINAL_FRAME_INVALID';
}

const inputKinds = { input: 0, size: 1, inputEnd: 2, taken: 3 } as const;
const outputKinds = { output: 0, errorOutput: 1, end: 2, taken: 3 } as const;
/** Of rows and columns. */
const largestSize = 0xffff;
const largestTaken = 0xffff_ffff;

/** Writes a frame to a container. @throws {RangeError} for a number that does not fit. */
export function encodeTerminalInput(input: TerminalInput): Uint8Array<ArrayBuffer> {
  const kind = inputKinds[input.kind];
  switch (input.kind) {
    case 'input':
      return framed(kind, input.data);
    case 'size': {
      const frame = new Uint8Array([kind, 0, 0, 0, 0]);
      const view = new DataView(frame.buffer);
      view.setUint16(1, fitting(input.rows, largestSize, 'rows'));
      view.setUint16(3, fitting(input.columns, largestSize, 'columns'));
      return frame;
    }
    case 'inputEnd':
      return framed(kind, new Uint8Array());
    case 'taken':
      return takenFrame(kind, input.bytes);
    default:
      throw new Error(`unhandled input ${input satisfies never}`);
  }
}

/** Reads a frame to a container. Its bytes are a view of the frame. @throws {TerminalFrameError} */
export function decodeTerminalInput(frame: Uint8Array): TerminalInput {
  const [kind] = frame;
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  switch (kind) {
    case inputKinds.input:
      return { kind: 'input', data: frame.subarray(1) };
    case inputKinds.size:
      demandLength(frame, 5, 'a window size');
      return { kind: 'size', rows: view.getUint16(1), columns: view.getUint16(3) };
    case inputKinds.inputEnd:
      demandLength(frame, 1, 'the end of input');
      return { kind: 'inputEnd' };
    case inputKinds.taken:
      demandLength(frame, 5, 'what was taken');
      return { kind: 'taken', bytes: view.getUint32(1) };
    default:
      throw unknownKind(kind, Object.values(inputKinds));
  }
}

/** Writes a frame from a container. @throws {RangeError} for a number that does not fit. */
export function encodeTerminalOutput(output: TerminalOutput): Uint8Array<ArrayBuffer> {
  const kind = outputKinds[output.kind];
  if (output.kind === 'taken') return takenFrame(kind, output.bytes);
  if (output.kind === 'end') return framed(kind, new TextEncoder().encode(JSON.stringify(output.end)));
  return framed(kind, output.data);
}

/** Reads a frame from a container. Its bytes are a view of the frame. @throws {TerminalFrameError} */
export function decodeTerminalOutput(frame: Uint8Array): TerminalOutput {
  const [kind] = frame;
  switch (kind) {
    case outputKinds.output:
      return { kind: 'output', data: frame.subarray(1) };
    case outputKinds.errorOutput:
      return { kind: 'errorOutput', data: frame.subarray(1) };
    case outputKinds.end:
      return { kind: 'end', end: readEnd(frame.subarray(1)) };
    case outputKinds.taken:
      demandLength(frame, 5, 'what was taken');
      return { kind: 'taken', bytes: new DataView(frame.buffer, frame.byteOffset, frame.byteLength).getUint32(1) };
    default:
      throw unknownKind(kind, Object.values(outputKinds));
  }
}

function takenFrame(kind: number, bytes: number): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array([kind, 0, 0, 0, 0]);
  new DataView(frame.buffer).setUint32(1, fitting(bytes, largestTaken, 'bytes'));
  return frame;
}

function framed(kind: number, data: Uint8Array): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(1 + data.length);
  frame[0] = kind;
  frame.set(data, 1);
  return frame;
}

function fitting(value: number, largest: number, what: string): number {
  if (Number.isInteger(value) && value >= 0 && value <= largest) return value;
  throw new RangeError(`The ${what} of a frame are whole numbers up to ${largest}, not ${value}`);
}

function demandLength({ length }: Uint8Array, expected: number, what: string): void {
  if (length !== expected) throw new TerminalFrameError(`A frame of ${what} has ${expected} bytes, not ${length}`);
}

function unknownKind(kind: number | undefined, known: readonly number[]): TerminalFrameError {
  const given = kind === undefined ? 'one without bytes' : `kind ${kind}`;
  return new TerminalFrameError(`Frames are of the kinds ${known.join(', ')}; ${given} is none of them`);
}

function readEnd(bytes: Uint8Array): TerminalEnd {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    throw new TerminalFrameError('The end of a terminal is no JSON', { cause });
  }
  const { how, exit_code, message, code } = (value ?? {}) as Readonly<Record<string, unknown>>;
  const known = ends.find(each => each === how);
  if (known === undefined) throw new TerminalFrameError(`The end of a terminal is one of ${ends.join(', ')}`);
  return {
    how: known,
    ...(typeof exit_code === 'number' && { exit_code }),
    ...(typeof message === 'string' && { message }),
    ...(typeof code === 'string' && { code }),
  };
}
