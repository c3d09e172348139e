import { isIPv4, isIPv6 } from 'node:net';
import { formatAddress } from '../address.ts';

/** Address of an actor: `master@10.0.0.1:5050`. The id may contain parentheses, `slave(1)`. */
export interface Pid {
  readonly id: string;
  /** IPv4, or IPv6 without brackets. */
  readonly ip: string;
  readonly port: number;
}

// The id becomes part of a request line and of headers: printable ASCII, no separators.
const PID = /^([!-.0-?A-~]{1,512})@(?:\[([0-9A-Fa-f:.]{2,45})\]|([0-9.]{7,15})):([0-9]{1,5})$/;

/** Reads `id@ip:port`; undefined when it is not one (host names are not resolved). */
export function parsePid(text: string): Pid | undefined {
  const [, id, ipv6, ipv4, digits] = PID.exec(text) ?? [];
  const ip = ipv4 ?? ipv6;
  const port = Number(digits);
  if (id === undefined || ip === undefined || !(ipv4 ? isIPv4(ip) : isIPv6(ip))) return undefined;
  return port >= 1 && port <= 65535 ? { id, ip, port } : undefined;
}

interface Texts {
  readonly pid: string;
  readonly address: string;
}

/** The texts of pids to which messages are sent, and of which they come, again and again. */
const texts = new WeakMap<Pid, Texts>();

function textsOf(pid: Pid): Texts {
  const known = texts.get(pid);
  if (known) return known;
  const address = formatAddress(pid);
  const written = { pid: `${pid.id}@${address}`, address };
  texts.set(pid, written);
  return written;
}

/** Writes `id@ip:port`. */
export function formatPid(pid: Pid): string {
  return textsOf(pid).pid;
}

/** Writes the `ip:port` of a pid. */
export function addressOf(pid: Pid): string {
  return textsOf(pid).address;
}
