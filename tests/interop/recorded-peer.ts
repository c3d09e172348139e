import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { decode, encode, type MessageType, toV0Json } from '@meseta/protocol';
import { findMessageType } from '@meseta/protocol/testing';
import { eventually } from '@meseta/system/testing';

interface RecordedMessage {
  readonly flow: string;
  readonly start_line: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body_base64?: string;
}

const recording = new URL('../../packages/protocol/fixtures/libprocess-messages.json', import.meta.url);
const recorded: RecordedMessage[] = JSON.parse(readFileSync(recording, 'utf8'));

/** Ports and the master's id: those of the recording, and what they are in this run. */
export class Names {
  readonly #pairs: [recorded: string, actual: string][] = [];

  add(recorded: string | number, actual: string | number): void {
    this.#pairs.push([String(recorded), String(actual)]);
  }

  toActual(text: string): string {
    return replace(text, new Map(this.#pairs));
  }

  toRecorded(text: string): string {
    return replace(text, new Map(this.#pairs.map(([recorded, actual]) => [actual, recorded])));
  }
}

function replace(text: string, names: ReadonlyMap<string, string>): string {
  if (names.size === 0) return text;
  return text.replaceAll(new RegExp(`\\b(?:${[...names.keys()].join('|')})\\b`, 'g'), name => names.get(name) ?? name);
}

interface Heard {
  readonly line: string;
  readonly headers: readonly string[];
  readonly body: Buffer;
}

/** What a peer is in the recording. */
export interface Role {
  /** Port it listens on. */
  readonly port: number;
  /** Ports of the connections it sends by, and is sent by: `from-to`. */
  readonly sends: string;
  readonly hears: string;
  /** Fields that differ in every run, which are left out of comparisons. */
  readonly volatile?: readonly string[];
  /** Whether it plays and hears messages of authentication, too. Default: they are left out. */
  readonly authenticates?: boolean;
}

/**
 * One of the processes whose messages were recorded, played again: it sends what was recorded, and what it hears has to
 * be what it heard then, headers and every field, under the names of the recording.
 */
export class RecordedPeer {
  readonly #names: Names;
  readonly #role: Role;
  readonly #server: Server;
  readonly #toSend: RecordedMessage[];
  readonly #toHear: RecordedMessage[];
  readonly #heard: Heard[] = [];
  #socket: Socket | undefined;
  #answers = '';
  #played = 0;

  private constructor(names: Names, role: Role) {
    this.#names = names;
    this.#role = role;
    this.#toSend = flow(role.sends, role.authenticates);
    this.#toHear = flow(role.hears, role.authenticates);
    this.#server = createServer((request, response) => {
      response.writeHead(202, { 'Content-Length': '0' }).end();
      void this.#receive(request);
    });
  }

  static async start(names: Names, role: Role): Promise<RecordedPeer> {
    const peer = new RecordedPeer(names, role);
    await new Promise<void>(resolve => peer.#server.listen(0, '127.0.0.1', resolve));
    names.add(role.port, peer.port);
    return peer;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /**
   * Sends the next recorded message of a name.
   *
   * @param change what must be otherwise than recorded, made in place.
   */
  // biome-ignore lint/suspicious/noExplicitAny: messages of all types
  plays(name: string, change: (message: any) => void = () => undefined): void {
    const message = take(this.#toSend, ({ start_line }) => start_line.includes(`.${name} `)) ?? assert.fail(name);
    const body = this.#body(message, name, change);
    const headers = Object.entries(message.headers).map(([key, value]) =>
      key === 'Content-Length' ? `${key}: ${body.length}` : `${key}: ${value}`,
    );
    const head = `${this.#names.toActual([message.start_line, ...headers].join('\r\n'))}\r\n\r\n`;
    const chunked = message.headers['Transfer-Encoding'] === 'chunked';
    const port = Number(/^Host: .*:(\d+)/m.exec(head)?.[1]);
    this.#socket ??= connect(port, '127.0.0.1').on('data', data => {
      this.#answers += data;
    });
    this.#socket.write(head);
    this.#socket.write(
      chunked
        ? Buffer.concat([Buffer.from(`${body.length.toString(16)}\r\n`), body, Buffer.from('\r\n0\r\n\r\n')])
        : body,
    );
    this.#played++;
  }

  /** Every message sent has Mesos's answer: peers do not wait for one before they send the next. */
  async answered(): Promise<void> {
    const answers = () => this.#answers.split('\r\n\r\n').slice(0, -1);
    await eventually(
      () => `${this.#played} answers; there are ${answers().length}`,
      () => answers().length === this.#played,
    );
    for (const answer of answers()) {
      assert.match(answer, /^HTTP\/1.1 202 Accepted\r\n/);
      assert.match(answer, /\r\nContent-Length: 0(\r\n|$)/);
    }
  }

  /** Waits for the next message of a name and compares it with the recorded one. @returns what it says. */
  // biome-ignore lint/suspicious/noExplicitAny: messages of all types
  async hears(name: string): Promise<any> {
    const expected = take(this.#toHear, ({ start_line }) => start_line.includes(`.${name} `)) ?? assert.fail(name);
    const find = () => this.#heard.findIndex(({ line }) => line.includes(`.${name} `));
    await eventually(
      () => `${name}; heard ${this.unexpected.join()}`,
      () => find() >= 0,
    );
    const [{ line, headers, body }] = this.#heard.splice(find(), 1) as [Heard];
    assert.equal(this.#names.toRecorded(line), expected.start_line);
    assert.deepEqual(
      headers.map(each => this.#names.toRecorded(each)),
      Object.entries(expected.headers).flat(),
    );
    const type = typeOf(name);
    // A default is the same written or left out. A port of this run may be a number that the recording has, too.
    const text = (bytes: Buffer) => JSON.stringify(toV0Json(type, decode(type, bytes)));
    const heard = this.#comparable(this.#names.toRecorded(text(body)));
    assert.deepEqual(heard, this.#comparable(text(Buffer.from(expected.body_base64 ?? '', 'base64'))), name);
    return decode(type, body);
  }

  /** Port that the sender of a message says it has; the message stays to be heard. */
  async portOf(name: string): Promise<string> {
    const find = () => this.#heard.find(({ line }) => line.includes(`.${name} `));
    await eventually(name, () => find() !== undefined);
    return (
      find()
        ?.headers.find(each => each.startsWith('libprocess/'))
        ?.split(':')[1] ?? assert.fail(name)
    );
  }

  /** Messages nobody waited for. */
  get unexpected(): string[] {
    return this.#heard.map(({ line }) => /\.(\w+) HTTP/.exec(line)?.[1] ?? line).filter(name => !/P[io]ng/.test(name));
  }

  async stop(): Promise<void> {
    this.#socket?.destroy();
    this.#server.closeAllConnections();
    await new Promise(resolve => this.#server.close(resolve));
  }

  #body(message: RecordedMessage, name: string, change: (message: unknown) => void): Buffer {
    if (message.body_base64 === undefined) return Buffer.alloc(0);
    const type = typeOf(name);
    const content = decode(type, Buffer.from(message.body_base64, 'base64'));
    const actual = JSON.parse(this.#names.toActual(JSON.stringify(content)));
    change(actual);
    return encode(type, actual);
  }

  async #receive(request: IncomingMessage): Promise<void> {
    const line = `${request.method} ${request.url} HTTP/${request.httpVersion}`;
    this.#heard.push({ line, headers: request.rawHeaders, body: await buffer(request) });
  }

  /** A message in JSON: resources in order, without what is another each time. */
  #comparable(message: string): unknown {
    return JSON.parse(message, (key, value) => {
      if (this.#role.volatile?.includes(key)) return undefined;
      return key === 'resources'
        ? value.sort((a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : 1))
        : value;
    });
  }
}

/** Messages of a connection, by default without those by which the recorded processes authenticated themselves. */
function flow(ports: string, authenticates = false): RecordedMessage[] {
  const [from, to] = ports.split('-');
  return recorded.filter(
    ({ flow, start_line }) =>
      flow.endsWith(`-${from}_127.000.000.001-${to}`) &&
      start_line.startsWith('POST') &&
      (authenticates || !start_line.includes('uthentic')),
  );
}

function take<T>(list: T[], matches: (each: T) => boolean): T | undefined {
  const index = list.findIndex(matches);
  return index < 0 ? undefined : list.splice(index, 1)[0];
}

function typeOf(name: string): MessageType<unknown> {
  return findMessageType(`mesos.internal.${name}`) ?? assert.fail(name);
}
