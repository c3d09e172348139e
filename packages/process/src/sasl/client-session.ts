/**
 * The client's side of one authentication. Pure: time-outs end a session from outside.
 *
 * ```text
 *            mechanisms             step               completed, failed
 * starting ─────────────▶ stepping ──────▶ answered ─────────────────────▶ ended
 *     └──────────────────────┴────────────────┴──── anything else ──▶ ended: error
 * ```
 *
 * @see Mesos src/authentication/cram_md5/authenticatee.cpp, CRAMMD5AuthenticateeProcess
 */
import { excerpt } from '@meseta/protocol';
import { answerTo, CRAM_MD5, isChallenge } from './cram-md5.ts';
import type { SaslMessage } from './messages.ts';

/** What a server sends. */
export type ClientInput = SaslMessage<'mechanisms' | 'step' | 'completed' | 'failed' | 'error'>;

/** How a session ended: `failed` when the server says that the principal or the secret is wrong. */
export type ClientOutcome =
  | { readonly type: 'completed' }
  | { readonly type: 'failed' }
  | { readonly type: 'error'; readonly problem: string };

/** What is to be done, in this order. */
export type ClientEffect =
  | { readonly type: 'send'; readonly message: SaslMessage<'start' | 'step'> }
  | { readonly type: 'end'; readonly outcome: ClientOutcome };

/** See the states above. */
export type ClientSession = 'starting' | 'stepping' | 'answered' | 'ended';

/** Who the client is. */
export interface ClientCredential {
  readonly principal: string;
  readonly secret: string;
}

type Step = readonly [ClientSession, readonly ClientEffect[]];

/**
 * Takes a message of the server in. One challenge is answered, and no more. Of what comes after the end, nothing
 * follows.
 */
export function stepClientSession(session: ClientSession, input: ClientInput, credential: ClientCredential): Step {
  if (session === 'ended') return [session, []];
  switch (input.kind) {
    case 'mechanisms': {
      if (session !== 'starting') return unexpected('mechanisms');
      const { mechanisms = [] } = input.body;
      if (!mechanisms.includes(CRAM_MD5)) {
        return fail(
          `it offers ${excerpt(mechanisms.join(', ') || 'nothing', 200)}, and only ${CRAM_MD5} is known here`,
        );
      }
      // Mesos sends the empty data, too.
      return ['stepping', [{ type: 'send', message: { kind: 'start', body: { mechanism: CRAM_MD5, data: '' } } }]];
    }
    case 'step': {
      if (session !== 'stepping') return unexpected('step');
      const challenge = Buffer.from(input.body.data, 'base64');
      if (!isChallenge(challenge)) return fail(`its challenge has ${challenge.length} bytes; allowed: 1 to 1024`);
      const data = answerTo(challenge, credential.principal, credential.secret).toString('base64');
      return ['answered', [{ type: 'send', message: { kind: 'step', body: { data } } }]];
    }
    case 'completed':
      return session === 'answered' ? end({ type: 'completed' }) : unexpected('completed');
    case 'failed':
      return session === 'answered' ? end({ type: 'failed' }) : unexpected('failed');
    case 'error':
      return fail(`it answers '${excerpt(input.body.error ?? '', 500)}'`);
    default:
      throw new Error(`unhandled input ${input satisfies never}`);
  }
}

function unexpected(what: string): Step {
  return fail(`unexpected authentication '${what}' received`);
}

function fail(problem: string): Step {
  return end({ type: 'error', problem });
}

function end(outcome: ClientOutcome): Step {
  return ['ended', [{ type: 'end', outcome }]];
}
