/** Decides what answers at an address that should be a master's. Pure: {@link probeMaster} sends the requests. */
import { networkProblem } from '@meseta/system';

/** The result of one request: a response, or the error. */
export type Answer = { readonly status: number; readonly text: string } | { readonly error: unknown };

/** What was found out about an address. */
export interface Finding {
  /** `GET /master/health`. */
  readonly health: Answer;
  /** Whether a TLS handshake succeeds where plain HTTP failed; undefined when that was not tried. */
  readonly speaksTls?: boolean;
  /** Whether plain HTTP is answered where TLS failed; undefined when that was not tried. */
  readonly speaksPlainly?: boolean;
  /** Whether `GET /slave(1)/health` is 200; undefined when it was not asked. */
  readonly isAgent?: boolean;
  /** The metric `master/elected`; undefined when it is not known. */
  readonly elected?: number;
  /** How long each answer was waited for. */
  readonly waitedMs: number;
}

/**
 * - `leader`: a master, the leading one as far as is known; `standby`: a master that does not lead.
 * - `agent`, `stranger`: another daemon; `tls`: a server that expects TLS; `plain`: one that does not
 *   speak it; `untrusted`: one whose certificate is not trusted, or is for another name.
 * - `refuses`: 401 or 403.
 * - `silent`: connections are taken, or dropped, without an answer; `unreachable`: there is no connection.
 */
export type PeerKind =
  | 'leader'
  | 'standby'
  | 'agent'
  | 'stranger'
  | 'tls'
  | 'plain'
  | 'untrusted'
  | 'refuses'
  | 'silent'
  | 'unreachable';

/** What is at the address, and a sentence about it that says what to do, without a full stop. */
export interface Verdict {
  readonly kind: PeerKind;
  readonly words: string;
}

/** Decides what answers at `peer`, `host:port`. */
export function judgeMaster(finding: Finding, peer: string): Verdict {
  const { health, waitedMs } = finding;
  if (finding.speaksTls) return say('tls', `${peer} speaks TLS: give its address as https://${peer}`);
  if (finding.speaksPlainly) return say('plain', `${peer} does not speak TLS: give its address as http://${peer}`);
  if ('error' in health) {
    if (isTimeout(health.error)) {
      const seconds = Math.round(waitedMs / 100) / 10;
      return say(
        'silent',
        `nothing answers at ${peer} within ${seconds} s: check the port, that the master is not stopped, and the firewalls in between`,
      );
    }
    const untrusted = peerErrorIn(health.error);
    if (untrusted !== undefined) return say('untrusted', `${peer} is not trusted: ${untrusted}`);
    return say('unreachable', networkProblem(health.error, peer) ?? `${peer} cannot be asked: ${textOf(health.error)}`);
  }
  const { status, text } = health;
  if (status === 401 || status === 403) {
    const reason = firstLine(text);
    return say('refuses', `${peer} refuses us (${status}${reason === '' ? '' : `: ${reason}`})`);
  }
  if (status !== 200) {
    if (finding.isAgent) return say('agent', `there is an agent, not a master, at ${peer}: give the master's port`);
    return say('stranger', `the server at ${peer} is not a master (GET /master/health: ${status}): check the port`);
  }
  if (finding.elected === 0)
    return say('standby', `the master at ${peer} does not lead: give the address of the leading one`);
  return say('leader', `there is a master at ${peer}`);
}

function say(kind: PeerKind, words: string): Verdict {
  return { kind, words };
}

function isTimeout(error: unknown): boolean {
  const { name, code, cause } = (error ?? {}) as { name?: string; code?: string; cause?: unknown };
  if (name === 'TimeoutError' || code === 'UND_ERR_HEADERS_TIMEOUT') return true;
  return cause !== undefined && cause !== error && isTimeout(cause);
}

/** Returns why the peer's certificate was refused, when that is why there is no answer. */
function peerErrorIn(error: unknown): string | undefined {
  const { name, message, cause } = (error ?? {}) as { name?: string; message?: string; cause?: unknown };
  if (name === 'TlsPeerError') return message;
  return cause !== undefined && cause !== error ? peerErrorIn(cause) : undefined;
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Bodies come from strangers: one line, of bounded length, without control characters. */
function firstLine(text: string): string {
  const line = text.trim().split('\n', 1)[0] ?? '';
  return /^\s*</.test(line)
    ? ''
    : line
        .replace(/\p{Cc}/gu, ' ')
        .trim()
        .slice(0, 300)
        .replace(/\.$/, '');
}
