/** The WebSocket of a terminal: what is typed, what is shown, and how it ends. */
import { decodeTerminalOutput, encodeTerminalInput, type TerminalEnd } from '@meseta/protocol/browser';
import { asRequestError, masterFetch, type RequestProblem, refusalIn } from '../requests/request.ts';

/** How much output the master sends before it is shown: more would only wait in the browser. */
const WINDOW_BYTES = 256 * 1024;
/** What was shown is confirmed in parts of this size. */
const CONFIRM_BYTES = WINDOW_BYTES / 4;
/** How much input is sent before the master confirms it. What is pasted waits in the page, and holds up nothing else. */
const INPUT_WINDOW_BYTES = 128 * 1024;
/** The master takes no larger frames. */
const FRAME_BYTES = 32 * 1024;

/** How a terminal is. */
export type TerminalState =
  | { readonly phase: 'connecting' | 'open' }
  | { readonly phase: 'ended'; readonly end: TerminalEnd }
  | { readonly phase: 'failed'; readonly problem: RequestProblem };

/** A command in the container of a task. */
export interface TerminalTarget {
  readonly agentId: string;
  readonly frameworkId: string;
  readonly taskId: string;
  /** A line for `sh -c`; empty: a shell. */
  readonly line: string;
}

/** The size of a terminal, in characters. */
export interface TerminalSize {
  readonly rows: number;
  readonly columns: number;
}

/** Returns the path of the WebSocket at the master. */
export function terminalPath(target: TerminalTarget, { rows, columns }: TerminalSize): string {
  const { agentId, frameworkId, taskId, line } = target;
  const query = new URLSearchParams({
    ...{ framework_id: frameworkId, task_id: taskId, rows: String(rows), columns: String(columns) },
    ...{ term: 'xterm-256color', window: String(WINDOW_BYTES), input_window: String(INPUT_WINDOW_BYTES) },
  });
  if (line !== '') for (const word of ['sh', '-c', line]) query.append('command', word);
  return `/agents/${encodeURIComponent(agentId)}/exec?${query}`;
}

/** What a connection reports to. */
export interface ConnectionHandlers {
  /** Shows output. Call `shown` when that is done. */
  readonly write: (data: Uint8Array, shown: () => void) => void;
  readonly onState: (state: TerminalState) => void;
}

/** See the top of this file. */
export class TerminalConnection {
  readonly #socket: WebSocket;
  readonly #path: string;
  readonly #handlers: ConnectionHandlers;
  #end: TerminalEnd | undefined;
  #isOpen = false;
  #isClosed = false;
  /** Shown and not confirmed yet. */
  #shown = 0;
  /** Input that is not sent yet. */
  readonly #typed: Uint8Array[] = [];
  /** Bytes of input that were sent, and that the master has not confirmed. */
  #unconfirmed = 0;

  /** @param path of {@link terminalPath}. */
  constructor(path: string, handlers: ConnectionHandlers) {
    this.#path = path;
    this.#handlers = handlers;
    this.#socket = new WebSocket(new URL(path, location.origin.replace(/^http/, 'ws')));
    this.#socket.binaryType = 'arraybuffer';
    this.#socket.onopen = () => {
      this.#isOpen = true;
      this.#sendTyped();
      this.#report({ phase: 'open' });
    };
    this.#socket.onmessage = ({ data }) => this.#take(new Uint8Array(data as ArrayBuffer));
    this.#socket.onclose = () => void this.#closed();
    handlers.onState({ phase: 'connecting' });
  }

  /** Sends what was typed or pasted. */
  type(text: string | Uint8Array): void {
    const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text;
    for (let start = 0; start < bytes.length; start += FRAME_BYTES) {
      this.#typed.push(bytes.subarray(start, start + FRAME_BYTES));
    }
    this.#sendTyped();
  }

  #sendTyped(): void {
    while (this.#socket.readyState === WebSocket.OPEN && this.#unconfirmed < INPUT_WINDOW_BYTES) {
      const data = this.#typed.shift();
      if (data === undefined) return;
      this.#unconfirmed += data.length;
      this.#send(encodeTerminalInput({ kind: 'input', data }));
    }
  }

  /** Sends the size of the terminal. */
  resize({ rows, columns }: TerminalSize): void {
    this.#send(encodeTerminalInput({ kind: 'size', rows, columns }));
  }

  /** Ends it, and the command with it. Nothing more is reported. */
  close(): void {
    this.#isClosed = true;
    this.#socket.close();
  }

  #send(frame: Uint8Array<ArrayBuffer>): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(frame);
  }

  #take(frame: Uint8Array): void {
    const output = decodeTerminalOutput(frame);
    if (output.kind === 'end') {
      this.#end = output.end;
      return;
    }
    if (output.kind === 'taken') {
      this.#unconfirmed -= output.bytes;
      this.#sendTyped();
      return;
    }
    if (this.#isClosed) return;
    this.#handlers.write(output.data, () => this.#confirm(output.data.length));
  }

  #confirm(bytes: number): void {
    this.#shown += bytes;
    if (this.#shown < CONFIRM_BYTES) return;
    this.#send(encodeTerminalInput({ kind: 'taken', bytes: this.#shown }));
    this.#shown = 0;
  }

  async #closed(): Promise<void> {
    if (this.#end) return this.#report({ phase: 'ended', end: this.#end });
    if (this.#isOpen) {
      return this.#report({ phase: 'ended', end: { how: 'lost', message: 'The connection to the master has ended' } });
    }
    const problem = await whyNot(this.#path);
    this.#report({ phase: 'failed', problem });
  }

  #report(state: TerminalState): void {
    if (!this.#isClosed) this.#handlers.onState(state);
  }
}

/** Browsers do not report what the master answered to a WebSocket; the same request without one is answered by the same words. */
async function whyNot(path: string): Promise<RequestProblem> {
  try {
    const refusal = await refusalIn(await masterFetch(path));
    if (refusal.code !== 'WEBSOCKET_REQUIRED') return refusal;
    const message = 'What is between this browser and the master does not let WebSockets through.';
    return { message, status: refusal.status, code: refusal.code };
  } catch (error) {
    return asRequestError(error);
  }
}

/** Says how a terminal ended. */
export function endWords({ how, exit_code, message }: TerminalEnd): string {
  const code = exit_code === undefined ? '' : ` (${exit_code})`;
  switch (how) {
    case 'exited':
      return message ?? `The command has ended with ${exit_code}`;
    case 'refused':
      return `The agent does not run the command${code}: ${message ?? ''}`;
    case 'lost':
      return `The terminal is lost: ${message ?? ''}`;
    default:
      return message ?? how;
  }
}
