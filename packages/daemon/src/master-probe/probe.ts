/** Asks an address what it is, in bounded time. */
import { connect as connectPlainly } from 'node:net';
import { HttpClient, type Tls } from '@meseta/process';
import { type Answer, type Finding, judgeMaster, type Verdict } from './verdict.ts';

const defaultWaitMs = 5000;
/** Longest body that is looked at. */
const bodyBytes = 64 * 1024;

/** How an address is asked what it is. */
export interface ProbeOptions {
  /** How long each of up to three answers may take. Default: 5 seconds. */
  readonly waitMs?: number;
  /** Ask a master whether it leads, too. */
  readonly asksLeader?: boolean;
  /** How the address is called in the words. Default: that of the origin. */
  readonly peer?: string;
  /** For `https://`. Default: what the environment says. */
  readonly tls?: Tls | undefined;
}

/** Finds out what answers at an address that should be a master's. Never rejects. @param origin `http://host:port`, or `https://`. */
export async function probeMaster(origin: string, options: ProbeOptions = {}): Promise<Verdict> {
  const { waitMs = defaultWaitMs, asksLeader = false, peer = origin.replace(/^https?:\/\//, ''), tls } = options;
  const client = new HttpClient(origin, { tls });
  const ask = (path: string, limit = bodyBytes) => answerOf(client, path, waitMs, limit);
  const find = async (): Promise<Finding> => {
    const health = await ask('/master/health');
    if ('error' in health || health.status === 400) {
      const url = new URL(origin);
      if (url.protocol === 'http:') return { health, speaksTls: await takesTls(url, waitMs), waitedMs: waitMs };
      return { health, speaksPlainly: await takesPlainHttp(url, waitMs), waitedMs: waitMs };
    }
    if (health.status === 200) {
      const elected = asksLeader ? electedOf(await ask('/metrics/snapshot', 16 * bodyBytes)) : undefined;
      return { health, waitedMs: waitMs, ...(elected === undefined ? {} : { elected }) };
    }
    if (health.status === 401 || health.status === 403) return { health, waitedMs: waitMs };
    const agent = await ask('/slave(1)/health');
    return { health, isAgent: 'status' in agent && agent.status === 200, waitedMs: waitMs };
  };
  try {
    return judgeMaster(await find(), peer);
  } finally {
    await client.close();
  }
}

async function answerOf(client: HttpClient, path: string, waitMs: number, limit: number): Promise<Answer> {
  try {
    const { status, body } = await client.request('GET', path, { signal: AbortSignal.timeout(waitMs) });
    const pieces: Buffer[] = [];
    let length = 0;
    for await (const piece of body) {
      pieces.push(piece);
      length += piece.length;
      if (length >= limit) break; // leaving the loop closes the connection
    }
    return { status, text: Buffer.concat(pieces).toString() };
  } catch (error) {
    return { error };
  }
}

function electedOf(answer: Answer): number | undefined {
  if ('error' in answer || answer.status !== 200) return undefined;
  const [, digit] = /"master\/elected":\s*(\d)/.exec(answer.text) ?? [];
  return digit === undefined ? undefined : Number(digit);
}

/** Whether the peer speaks TLS: it sends a certificate, which is not verified, or a TLS alert. */
function takesTls({ hostname, port }: URL, waitMs: number): Promise<boolean> {
  return new Promise(resolve => {
    const { connect } = process.getBuiltinModule('node:tls');
    const host = hostname.replace(/^\[|\]$/g, '');
    const socket = connect({ host, port: Number(port || 80), rejectUnauthorized: false }); // nothing is sent over it
    const end = (takes: boolean) => {
      socket.destroy();
      resolve(takes);
    };
    socket.setTimeout(waitMs, () => end(false));
    socket.once('secureConnect', () => end(true));
    socket.once('error', error => end(/_ALERT_/.test((error as NodeJS.ErrnoException).code ?? '')));
    socket.once('close', () => end(false));
  });
}

/** Whether the peer answers a request without TLS as a server that knows none: not with `TLS_REQUIRED`. */
function takesPlainHttp({ hostname, port }: URL, waitMs: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connectPlainly({ host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || 443) });
    const end = (takes: boolean) => {
      socket.destroy();
      resolve(takes);
    };
    socket.setTimeout(waitMs, () => end(false));
    socket.once('connect', () => socket.write('HEAD /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'));
    socket.once('data', data => {
      const text = data.toString('latin1');
      end(text.startsWith('HTTP/1.') && !/TLS|HTTPS/i.test(text));
    });
    socket.once('error', () => end(false));
    socket.once('close', () => end(false));
  });
}
