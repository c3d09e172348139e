import { isIPv6 } from 'node:net';
import { endianness } from 'node:os';

/** One end of a connection. */
export interface Endpoint {
  /** IPv4, or IPv6 without brackets. */
  readonly address: string;
  readonly port: number;
}

/**
 * A question to the kernel's tables: about the end of a connection, by both addresses, or about the listener on an
 * address.
 */
export type Question =
  | { readonly local: Endpoint; readonly remote: Endpoint }
  | { readonly listening: Endpoint; readonly anyAddress?: boolean };

/**
 * States in which a socket with an inode is still its process's and still tied to the same other end: ESTABLISHED,
 * FIN_WAIT1 and FIN_WAIT2 (the process said all it has to say and keeps the socket open). Its addresses stay taken as
 * long as it is there, so no other process can have connected from them meanwhile.
 */
const CONNECTED = new Set(['01', '04', '05']);
const LISTENING = '0A';
const MAPPED = '0000000000000000FFFF0000'; // ::ffff:0.0.0.0/96 as 32-bit words of a little-endian machine
const MAPPED_BIG_ENDIAN = '00000000000000000000FFFF';
const NEW_LINE = 0x0a;
const COLON = 0x3a;

/** Returns the bytes of an address, 4 or 16. @throws {RangeError} when it is not one. */
function bytesOf(address: string): number[] {
  const plain = address.replace(/%.*$/, '');
  if (!isIPv6(plain)) {
    const bytes = plain.split('.').map(Number);
    if (bytes.length !== 4 || bytes.some(byte => !(byte >= 0 && byte <= 255))) {
      throw new RangeError(`Not an IP address: '${address}'`);
    }
    return bytes;
  }
  const [, head = plain, dotted] = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(plain) ?? [];
  const quads = dotted?.split('.').map(Number) ?? [];
  const tail = dotted === undefined ? [] : [quadPair(quads, 0), quadPair(quads, 2)];
  const [left = '', right] = (dotted === undefined ? plain : head.replace(/([^:]):$/, '$1')).split('::');
  const groups = (text: string) => (text === '' ? [] : text.split(':').map(group => Number.parseInt(group, 16)));
  const before = groups(left);
  const after = [...(right === undefined ? [] : groups(right)), ...tail];
  const zeros = Array<number>(Math.max(0, 8 - before.length - after.length)).fill(0);
  return [...before, ...zeros, ...after].flatMap(group => [group >> 8, group & 0xff]);
}

const quadPair = (quads: readonly number[], at: number) => ((quads[at] ?? 0) << 8) | (quads[at + 1] ?? 0);

/**
 * Returns an address in the form of the kernel's tables, an IPv4-mapped IPv6 address as IPv4; `order` is that of the
 * machine.
 */
export function tableAddress(address: string, order: 'LE' | 'BE' = endianness()): string {
  let bytes = bytesOf(address);
  if (bytes.length === 16 && bytes.every((byte, at) => at >= 12 || byte === (at < 10 ? 0 : 255)))
    bytes = bytes.slice(12);
  let text = '';
  for (let at = 0; at < bytes.length; at += 4) {
    const word = bytes.slice(at, at + 4);
    for (const byte of order === 'LE' ? word.reverse() : word) text += byte.toString(16).toUpperCase().padStart(2, '0');
  }
  return text;
}

const tablePort = (port: number) => port.toString(16).toUpperCase().padStart(4, '0');
const plainAddress = (text: string) =>
  text.length === 32 && (text.startsWith(MAPPED) || text.startsWith(MAPPED_BIG_ENDIAN)) ? text.slice(24) : text;

interface Listener {
  readonly address: string;
  readonly uid: number;
}

/**
 * Reads `/proc/net/tcp` and `/proc/net/tcp6` piece by piece for the answers to some questions. Give it the pieces of a
 * table in order, {@link SocketTable.endTable} after each table.
 */
export class SocketTable {
  /** Questions about connections that have no answer yet, by both addresses. */
  readonly #connections = new Map<string, Question[]>();
  readonly #answers = new Map<Question, number>();
  readonly #listeners = new Map<string, Listener[]>();
  readonly #listening: Extract<Question, { listening: Endpoint }>[] = [];
  #rest: Buffer = Buffer.alloc(0);
  #heading = true;

  constructor(questions: readonly Question[]) {
    for (const question of questions) {
      if ('listening' in question) {
        this.#listening.push(question);
        this.#listeners.set(tablePort(question.listening.port), []);
        continue;
      }
      const { local, remote } = question;
      const key = `${tableAddress(local.address)}:${tablePort(local.port)} ${tableAddress(remote.address)}:${tablePort(remote.port)}`;
      this.#connections.set(key, [...(this.#connections.get(key) ?? []), question]);
    }
  }

  /** True when the rest of the tables cannot change any answer. */
  get complete(): boolean {
    return this.#connections.size === 0 && this.#listening.length === 0;
  }

  /** Adds the next piece of a table. The buffer may be used again afterwards. */
  push(piece: Buffer): void {
    const text = this.#rest.length > 0 ? Buffer.concat([this.#rest, piece]) : piece;
    let start = 0;
    for (let end = text.indexOf(NEW_LINE); end >= 0; end = text.indexOf(NEW_LINE, start)) {
      if (this.#heading) this.#heading = false;
      else this.#line(text, start, end);
      start = end + 1;
    }
    this.#rest = Buffer.from(text.subarray(start));
  }

  /** Ends a table; the next piece belongs to another one. */
  endTable(): void {
    this.#rest = Buffer.alloc(0);
    this.#heading = true;
  }

  /** Returns the id of the owner that a question asks for; undefined when there is no such socket. */
  answer(question: Question): number | undefined {
    return 'listening' in question ? this.#listenerOf(question) : this.#answers.get(question);
  }

  #line(text: Buffer, start: number, end: number): void {
    const local = text.indexOf(COLON, start) + 2;
    const addressLength = text.indexOf(COLON, local) - local;
    const stateAt = local + 2 * (addressLength + 6);
    if (local < 2 || stateAt + 2 > end) return;
    const state = text.toString('latin1', stateAt, stateAt + 2);
    if (state === LISTENING) this.#listener(text, local, addressLength, stateAt, end);
    else if (CONNECTED.has(state)) this.#connection(text, local, addressLength, stateAt, end);
  }

  #connection(text: Buffer, local: number, length: number, stateAt: number, end: number): void {
    if (this.#connections.size === 0) return;
    let key = text.toString('latin1', local, stateAt - 1);
    if (length === 32)
      key = `${plainAddress(key.slice(0, 32))}${key.slice(32, 38)}${plainAddress(key.slice(38, 70))}${key.slice(70)}`;
    const questions = this.#connections.get(key);
    const uid = questions && ownerIn(text.toString('latin1', stateAt, end));
    if (questions === undefined || uid === undefined) return;
    this.#connections.delete(key);
    for (const question of questions) this.#answers.set(question, uid);
  }

  #listener(text: Buffer, local: number, length: number, stateAt: number, end: number): void {
    const listeners = this.#listeners.get(text.toString('latin1', local + length + 1, local + length + 5));
    const uid = listeners && ownerIn(text.toString('latin1', stateAt, end));
    if (uid !== undefined)
      listeners?.push({ address: plainAddress(text.toString('latin1', local, local + length)), uid });
  }

  /** Returns the listener that a connection to the address would reach, of several on the port. */
  #listenerOf({ listening: { address, port }, anyAddress = false }: Extract<Question, { listening: Endpoint }>) {
    const listeners = this.#listeners.get(tablePort(port)) ?? [];
    const wanted = tableAddress(address);
    const wildcards = wanted.length === 8 ? ['0'.repeat(8), '0'.repeat(32)] : ['0'.repeat(32)];
    for (const at of [wanted, ...wildcards]) {
      const found = listeners.find(listener => listener.address === at);
      if (found) return found.uid;
    }
    const [first, ...others] = listeners;
    return anyAddress && others.every(({ uid }) => uid === first?.uid) ? first?.uid : undefined;
  }
}

/** Returns the user id from the fields after a line's addresses; undefined for a socket without a process. */
function ownerIn(fields: string): number | undefined {
  // st tx_queue:rx_queue tr:when retrnsmt uid timeout inode …
  const [, , , , uid, , inode] = fields.trim().split(/\s+/);
  return uid === undefined || inode === undefined || inode === '0' || !/^\d+$/.test(uid) ? undefined : Number(uid);
}
