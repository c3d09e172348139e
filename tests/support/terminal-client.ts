/** A client of terminals through the master, as browsers are: frames of a WebSocket. */
import { decodeTerminalOutput, encodeTerminalInput, type TerminalEnd, type TerminalInput } from '@meseta/protocol';
import { eventually } from '@meseta/system/testing';
import { type ClientOptions, WebSocket } from 'ws';

/** What a master answered to a request for a terminal in place of one. */
export interface TerminalRefusal {
  readonly status: number;
  readonly code: string | undefined;
  readonly text: string;
}

/** A terminal. */
export class TerminalClient {
  readonly socket: WebSocket;
  /** What was shown. */
  shown = '';
  /** How many bytes of output have come. */
  received = 0;
  /** How many bytes of input the master has confirmed. */
  confirmed = 0;
  /** Called when there are more of these. */
  onConfirmed: () => void = () => undefined;
  end: TerminalEnd | undefined;
  /** With which code and reason it was closed. */
  closed: readonly [code: number, reason: string] | undefined;
  refusal: TerminalRefusal | undefined;

  constructor(url: string, options: ClientOptions = {}) {
    this.socket = new WebSocket(url.replace(/^http/, 'ws'), options);
    this.socket.on('error', () => undefined);
    this.socket.on('message', data => this.#take(data as Buffer));
    this.socket.on('close', (code, reason) => {
      this.closed = [code, reason.toString()];
    });
    this.socket.on('unexpected-response', (_, response) => {
      let text = '';
      response.on('data', piece => {
        text += piece;
      });
      response.on('end', () => {
        const code = response.headers['meseta-error'] as string | undefined;
        this.refusal = { status: response.statusCode ?? 0, code, text };
      });
    });
  }

  send(input: TerminalInput): void {
    this.socket.send(encodeTerminalInput(input));
  }

  type(text: string): void {
    this.send({ kind: 'input', data: Buffer.from(text) });
  }

  /** Waits until something is shown. */
  async shows(pattern: RegExp): Promise<RegExpExecArray> {
    return eventually(
      () => `${pattern} in ${JSON.stringify(this.shown.slice(-2000))}, ${JSON.stringify(this.end ?? this.refusal)}`,
      () => pattern.exec(this.shown) ?? undefined,
    );
  }

  /** Waits for the end. */
  async ended(): Promise<TerminalEnd> {
    await eventually(
      () => `the end of the terminal; ${JSON.stringify(this.refusal)}`,
      () => this.closed !== undefined,
    );
    if (this.end === undefined) throw new Error(`It was closed with ${this.closed} and no end`);
    return this.end;
  }

  /** Waits for an answer that is no terminal. */
  async refused(): Promise<TerminalRefusal> {
    return eventually(
      () => 'a refusal',
      () => this.refusal,
    );
  }

  #take(frame: Buffer): void {
    const output = decodeTerminalOutput(frame);
    if (output.kind === 'end') {
      this.end = output.end;
      return;
    }
    if (output.kind === 'taken') {
      this.confirmed += output.bytes;
      this.onConfirmed();
      return;
    }
    this.received += output.data.length;
    this.shown = (this.shown + Buffer.from(output.data).toString('latin1')).slice(-100_000);
  }
}
