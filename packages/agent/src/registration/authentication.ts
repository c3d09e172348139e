/**
 * The agent proves to its master who it is: one session after another, until one is completed. The steps of one are in
 * `@meseta/process`.
 *
 * @see Mesos src/slave/slave.cpp, Slave::authenticate
 */
import type { Credential } from '@meseta/daemon';
import {
  type ClientInput,
  type ClientOutcome,
  type ClientSession,
  formatPid,
  type Libprocess,
  type PeerAddress,
  type Pid,
  type SaslKind,
  type SaslMessage,
  saslTypes,
  stepClientSession,
} from '@meseta/process';
import { AuthenticateMessage, DecodeError, decode, encode, type MessageType } from '@meseta/protocol';
import type { AgentContext } from '../context.ts';

/** Where the agent's principal and secret come from. */
export interface CredentialSource {
  /** For errors: `the file /etc/agent.secret`. */
  readonly place: string;
  /** Returns what the agent authenticates with at a master. Rejects when it cannot be had now. */
  credential(master: Pid): Promise<Credential>;
}

/** The master does not accept the agent's principal and secret. */
export class AuthenticationRefusedError extends Error {
  override readonly name = 'AuthenticationRefusedError';
  readonly code = 'AUTHENTICATION_REFUSED';

  constructor(master: Pid, principal: string, { place }: CredentialSource) {
    super(
      `Master ${formatPid(master)} refused authentication: its --credentials have no principal '${principal}' with the ` +
        `secret ${place}. Make the two agree, and start the agent again; its tasks run on`,
    );
  }
}

/** How a try ended: `retryMs` says when the next one may begin. There is no problem when only the connection broke. */
export type AuthenticationOutcome =
  | { readonly type: 'completed' }
  | { readonly type: 'failed'; readonly principal: string }
  | { readonly type: 'error'; readonly problem: string | undefined; readonly retryMs: number };

/** A try that goes on. */
interface Try {
  readonly actor: string;
  readonly master: Pid;
  session: ClientSession;
  /** Undefined until it is had. */
  credential: Credential | undefined;
  /** The actor of the master that spoke first, and where it spoke from. Others are not listened to. */
  server: { readonly pid: Pid; readonly address: string } | undefined;
  readonly cancelTimer: () => void;
  readonly done: (outcome: AuthenticationOutcome) => void;
}

type Broken = { readonly type: 'error'; readonly problem: undefined };

/** What a master sends in a session. */
const kinds = ['mechanisms', 'step', 'completed', 'failed', 'error'] as const;

/** See the file's head. */
export class MasterAuthentication {
  readonly #context: Pick<AgentContext, 'agent' | 'clock' | 'flags' | 'log' | 'metrics'>;
  readonly #transport: Libprocess;
  readonly source: CredentialSource;
  #try: Try | undefined;
  #tries = 0;
  #actors = 0;
  #completed = false;

  constructor(
    context: Pick<AgentContext, 'agent' | 'clock' | 'flags' | 'log' | 'metrics'>,
    transport: Libprocess,
    source: CredentialSource,
  ) {
    this.#context = context;
    this.#transport = transport;
    this.source = source;
    for (const name of Object.values(names)) context.metrics.counter(`slave/authentications/${name}`);
  }

  /** Whether the master knows who the agent is, as far as the agent can know. */
  get completed(): boolean {
    return this.#completed;
  }

  /** Begins a try, in place of one that goes on. */
  begin(master: Pid, done: (outcome: AuthenticationOutcome) => void): void {
    this.cancel();
    const { clock } = this.#context;
    const actor = `crammd5-authenticatee(${++this.#actors})`;
    const current: Try = {
      ...{ actor, master, session: 'starting', server: undefined, credential: undefined, done },
      cancelTimer: clock.after(this.#timeoutMs(), () => {
        const problem = current.credential ? timedOut : `there is no credential in time ${this.source.place}`;
        this.#end({ type: 'error', problem }, 0);
      }),
    };
    this.#try = current;
    this.#tries++;
    for (const kind of kinds) this.#install(actor, kind);
    this.source.credential(master).then(
      credential => this.#speak(current, credential),
      error => this.#try === current && this.#end({ type: 'error', problem: `no credential: ${error.message}` }),
    );
  }

  /** The credential may be had only when the try is over. */
  #speak(current: Try, credential: Credential): void {
    if (this.#try !== current) return;
    current.credential = credential;
    this.#send(current.master, current.actor, AuthenticateMessage, { pid: this.#context.agent.pid });
  }

  /** The connection broke: the master forgets what it knew of the agent. A try that goes on ends. */
  interrupt(): void {
    this.#completed = false;
    this.#end({ type: 'error', problem: undefined });
  }

  /** The master does not answer what it would answer to an agent it knows, or it is another one now. */
  forget(): void {
    this.cancel();
    this.#completed = false;
  }

  /** Ends a try that goes on, without a report. */
  cancel(): void {
    this.#try?.cancelTimer();
    if (this.#try) this.#transport.remove(this.#try.actor);
    this.#try = undefined;
  }

  /** Uniform within a range that grows with every try, as in Mesos. */
  #timeoutMs(): number {
    const { clock, flags } = this.#context;
    const least = flags.authentication_timeout_min;
    const most = Math.max(least, Math.min(least + this.#growthMs(), flags.authentication_timeout_max));
    return least + (most - least) * clock.random();
  }

  #growthMs(): number {
    return this.#context.flags.authentication_backoff_factor * 2 ** Math.min(this.#tries + 1, 30);
  }

  #install<Kind extends (typeof kinds)[number]>(actor: string, kind: Kind): void {
    const { log, metrics } = this.#context;
    const type = saslTypes[kind] as MessageType<SaslMessage<Kind>['body']>;
    this.#transport.install(actor, type.fullName, (from, bytes, peer) => {
      try {
        const message = { kind, body: decode(type, bytes) } as ClientInput;
        if (this.#isServer(actor, from, peer)) return this.#step(message);
        log.debug('Dropped a message that is not from the master', { message: type.fullName, from: formatPid(from) });
      } catch (error) {
        if (!(error instanceof DecodeError)) throw error;
        log.warning('Dropped a message that cannot be read', { message: type.fullName, from: formatPid(from), error });
      }
      metrics.counter('slave/dropped_messages').increment();
    });
  }

  /** Whether a message comes from the master's process, and from the actor that the master chose for this session. */
  #isServer(actor: string, from: Pid, { address }: PeerAddress): boolean {
    const current = this.#try;
    if (current?.actor !== actor || from.ip !== current.master.ip || from.port !== current.master.port) return false;
    current.server ??= { pid: from, address };
    return current.server.address === address && current.server.pid.id === from.id;
  }

  #step(message: ClientInput): void {
    const current = this.#try;
    if (!current?.server || !current.credential) return;
    const [session, effects] = stepClientSession(current.session, message, current.credential);
    current.session = session;
    for (const effect of effects) {
      if (effect.type === 'end') this.#end(effect.outcome);
      else this.#reply(current.server.pid, current.actor, effect.message);
    }
  }

  #reply(to: Pid, actor: string, { kind, body }: SaslMessage<'start' | 'step'>): void {
    this.#send(to, actor, saslTypes[kind] as MessageType<SaslMessage<SaslKind>['body']>, body);
  }

  #send<T>(to: Pid, actor: string, type: MessageType<T>, message: T): void {
    this.#transport.send(to, actor, type.fullName, encode(type, message));
  }

  /** @param retryMs when the next try may begin. Default: at random, within a time that grows with every try. */
  #end(outcome: ClientOutcome | Broken, retryMs?: number): void {
    const current = this.#try;
    if (!current) return;
    this.cancel();
    const { clock, flags, metrics } = this.#context;
    const pauseMs = Math.min(this.#growthMs(), flags.authentication_timeout_max) * clock.random();
    metrics.counter(`slave/authentications/${names[outcome.type]}`).increment();
    if (outcome.type !== 'error') {
      this.#completed = outcome.type === 'completed';
      this.#tries = 0;
    }
    if (outcome.type === 'error') current.done({ ...outcome, retryMs: retryMs ?? pauseMs });
    else if (outcome.type === 'completed') current.done(outcome);
    else current.done({ ...outcome, principal: current.credential?.principal ?? '' });
  }
}

const timedOut = 'it does not answer in time';
const names = { completed: 'completed', failed: 'failed', error: 'errors' } as const;
