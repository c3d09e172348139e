import type { IncomingMessage } from 'node:http';
import { formatAddress } from '../address.ts';
import { formatPid, type Pid, parsePid } from './pid.ts';

const CHUNK_END = Buffer.from('\r\n0\r\n\r\n');

/**
 * Encodes one message as libprocess writes it: a POST with a chunked body, or none.
 *
 * @see Mesos 3rdparty/libprocess/src/encoder.hpp, MessageEncoder::encode
 */
export function encodeMessage(to: Pid, from: Pid, name: string, body: Uint8Array | undefined): Buffer {
  const sender = formatPid(from);
  const head =
    `POST /${to.id}/${name} HTTP/1.1\r\nUser-Agent: libprocess/${sender}\r\nLibprocess-From: ${sender}\r\n` +
    `Connection: Keep-Alive\r\nHost: ${formatAddress(to)}\r\n`;
  if (body === undefined || body.length === 0) return Buffer.from(`${head}\r\n`, 'latin1');
  const whole = `${head}Transfer-Encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n`;
  const message = Buffer.allocUnsafe(whole.length + body.length + CHUNK_END.length);
  message.write(whole, 'latin1');
  message.set(body, whole.length);
  message.set(CHUNK_END, whole.length + body.length);
  return message;
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
