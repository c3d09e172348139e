import type { IncomingMessage } from 'node:http';
import { addressOf, formatPid, type Pid, parsePid } from './pid.ts';

const CHUNK_END = Buffer.from('\r\n0\r\n\r\n');

/**
 * Encodes one message as libprocess writes it: a POST with a chunked body, or none.
 *
 * @see Mesos 3rdparty/libprocess/src/encoder.hpp, MessageEncoder::encode
 */
export function encodeMessage(to: Pid, from: Pid, name: string, body: Uint8Array | undefined): Buffer {
  const begin = `POST /${to.id}/${name}`;
  const lines = senderLines(from);
  const address = addressOf(to);
  if (body === undefined || body.length === 0) return Buffer.from(`${begin}${lines}${address}\r\n\r\n`, 'latin1');
  const end = `\r\nTransfer-Encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n`;
  const headLength = begin.length + lines.length + address.length + end.length;
  const message = Buffer.allocUnsafe(headLength + body.length + CHUNK_END.length);
  // Part by part: a text of all of them would be made for each message.
  let at = message.write(begin, 'latin1');
  at += message.write(lines, at, 'latin1');
  at += message.write(address, at, 'latin1');
  at += message.write(end, at, 'latin1');
  message.set(body, at);
  message.set(CHUNK_END, at + body.length);
  return message;
}

/** By sender. */
const linesOf = new WeakMap<Pid, string>();

/** Returns what stands between the path and the receiver's address. */
function senderLines(from: Pid): string {
  const known = linesOf.get(from);
  if (known !== undefined) return known;
  const sender = formatPid(from);
  const lines =
    ` HTTP/1.1\r\nUser-Agent: libprocess/${sender}\r\nLibprocess-From: ${sender}\r\n` +
    'Connection: Keep-Alive\r\nHost: ';
  linesOf.set(from, lines);
  return lines;
}

/**
 * Returns the sender that a request's headers name: undefined when it is no message at all, null when the name is
 * malformed.
 */
export function senderOf({ method, headers }: IncomingMessage): Pid | null | undefined {
  if (method !== 'POST') return undefined;
  const header = headers['libprocess-from'];
  const agent = headers['user-agent'];
  const text =
    typeof header === 'string'
      ? header
      : agent?.startsWith('libprocess/')
        ? agent.slice('libprocess/'.length)
        : undefined;
  return text === undefined ? undefined : (parsePid(text) ?? null);
}

/** Parses receiver and message name of a request path `/<id>/<name>`; undefined when it is not one. */
export function receiverOf(url: string): { id: string; name: string } | undefined {
  const slash = url.indexOf('/', 1);
  if (slash < 0 || slash + 1 === url.length) return undefined;
  const id = url.slice(1, slash);
  const name = url.slice(slash + 1);
  if (!id.includes('%')) return { id, name };
  try {
    return { id: decodeURIComponent(id), name };
  } catch {
    return undefined; // not percent-encoding, so it cannot be an id
  }
}
