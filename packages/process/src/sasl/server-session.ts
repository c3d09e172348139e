/**
 * The server's side of one authentication. Pure: time-outs and lost peers end a session from outside.
 *
 * ```text
 *            start             step               verdict
 * starting ────────▶ stepping ──────▶ verifying ──────────▶ ended: completed, or failed
 *     └─────────────────┴────────────────┴──── anything else ──▶ ended: error
 * ```
 *
 * @see Mesos src/authentication/cram_md5/authenticator.cpp, CRAMMD5AuthenticatorSessionProcess
 */
import { excerpt } from '@meseta/protocol';
import { CRAM_MD5, type CramAnswer, parseAnswer } from './cram-md5.ts';
import type { SaslMessage } from './messages.ts';

/** What comes to a session: messages of its client, and the verdict it asked for. */
export type ServerInput = SaslMessage<'start' | 'step'> | { readonly kind: 'verdict'; readonly right: boolean };

/** How a session ended. */
export type ServerOutcome =
  | { readonly type: 'completed'; readonly principal: string }
  | { readonly type: 'failed'; readonly principal: string }
  | { readonly type: 'error'; readonly problem: string };

/** What is to be done, in this order. */
export type ServerEffect =
  | { readonly type: 'send'; readonly message: SaslMessage<'mechanisms' | 'step' | 'completed' | 'failed' | 'error'> }
  /** Find out whether the answer to this challenge is right, and say so by a verdict. */
  | { readonly type: 'verify'; readonly answer: CramAnswer; readonly challenge: Uint8Array }
  | { readonly type: 'end'; readonly outcome: ServerOutcome };

/** See the states above. */
export type ServerSession =
  | { readonly state: 'starting' }
  | { readonly state: 'stepping'; readonly challenge: Uint8Array }
  | { readonly state: 'verifying'; readonly principal: string }
  | { readonly state: 'ended' };

type Step = readonly [ServerSession, readonly ServerEffect[]];

/** Begins a session: tells the client what it can choose from. */
export function beginServerSession(): Step {
  return [{ state: 'starting' }, [send({ kind: 'mechanisms', body: { mechanisms: [CRAM_MD5] } })]];
}

/**
 * Takes an input in. Of what a session gets after its end, nothing follows.
 *
 * @param newChallenge makes the session's only challenge.
 */
export function stepServerSession(session: ServerSession, input: ServerInput, newChallenge: () => string): Step {
  if (session.state === 'ended') return [session, []];
  switch (input.kind) {
    case 'start': {
      if (session.state !== 'starting') return fail("Unexpected authentication 'start' received");
      const { mechanism, data = '' } = input.body;
      if (mechanism !== CRAM_MD5) {
        return fail(`There is no mechanism '${excerpt(mechanism, 100)}'; allowed: ${CRAM_MD5}`);
      }
      if (data !== '') return fail(`${CRAM_MD5} begins with the challenge: 'start' must have no data`);
      const challenge = Buffer.from(newChallenge());
      const message = { kind: 'step', body: { data: challenge.toString('base64') } } as const;
      return [{ state: 'stepping', challenge }, [send(message)]];
    }
    case 'step': {
      if (session.state !== 'stepping') return fail("Unexpected authentication 'step' received");
      const answer = parseAnswer(Buffer.from(input.body.data, 'base64'));
      if (answer === undefined) return fail(`Not an answer of ${CRAM_MD5}; allowed: the principal, a space, 32 digits`);
      const { challenge } = session;
      return [{ state: 'verifying', principal: answer.principal }, [{ type: 'verify', answer, challenge }]];
    }
    case 'verdict': {
      if (session.state !== 'verifying') throw new Error(`A verdict on a session that is ${session.state}`);
      const type = input.right ? 'completed' : 'failed';
      const { principal } = session;
      return [{ state: 'ended' }, [send({ kind: type, body: {} }), { type: 'end', outcome: { type, principal } }]];
    }
    default:
      throw new Error(`unhandled input ${input satisfies never}`);
  }
}

function send(message: (ServerEffect & { type: 'send' })['message']): ServerEffect {
  return { type: 'send', message };
}

function fail(problem: string): Step {
  return [
    { state: 'ended' },
    [send({ kind: 'error', body: { error: problem } }), { type: 'end', outcome: { type: 'error', problem } }],
  ];
}
