/**
 * Authentication of v0 frameworks and agents over libprocess: the sessions of one term, and their effects. The steps of
 * one session are in `@meseta/process`.
 *
 * A session belongs to the process that is to be authenticated (`pid`), and to the IP address that its messages come
 * from. So a message from elsewhere in the name of a process neither ends its session nor lets its registration wait. The
 * challenge goes to the address that the messages name: who answers it can be reached there.
 */
import { open } from '@meseta/daemon';
import {
  beginServerSession,
  FailurePace,
  formatPid,
  isRight,
  newChallenge,
  parsePid,
  type SaslMessage,
  type ServerEffect,
  type ServerInput,
  type ServerOutcome,
  type ServerSession,
  saslTypes,
  stepServerSession,
} from '@meseta/process';
import { AuthenticateMessage, excerpt, type MasterInfo, type MessageType } from '@meseta/protocol';
import type { Clock } from '@meseta/system';
import type { Counter, Logger, Metrics } from '@meseta/telemetry';
import type { Authentication, Messages } from '../context.ts';
import type { PeerAuthentication } from './peer-authentication.ts';

/** How many sessions there are at once, of all peers and of those of one IP address. Clients try again later. */
const mostSessions = 10_000;
const mostOfAddress = 5000;
/** How many lines about sessions that came to nothing are logged in which time: anyone can begin some. */
const mostLines = 100;
const linesMs = 60_000;

const proving = open('It is how a process proves who it is.');

/** What sessions need of a master. */
export interface PeerSessionsParts {
  readonly authentication: PeerAuthentication;
  readonly info: MasterInfo;
  readonly flags: { readonly authentication_v0_timeout: number };
  readonly messages: Messages;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
}

interface Session {
  /** `crammd5-authenticator-session(1)`. */
  readonly actor: string;
  /** The process that is to be authenticated. */
  readonly pid: string;
  /** The actor that speaks for it, mostly of the same process. */
  readonly from: string;
  /** IP address that its messages come from. */
  readonly address: string;
  /** Whether that actor has the address of the process, so that no other process can receive there. */
  readonly direct: boolean;
  state: ServerSession;
  readonly ends: (() => void)[];
  /** The registration that came last meanwhile. */
  waiting?: { readonly take: () => void; readonly drop: () => void };
}

/** How a session ends besides by its own steps: nothing is sent. */
type Discarded = { readonly type: 'discarded'; readonly why: string };

/** See the file's head. */
export class PeerSessions implements Authentication {
  readonly #parts: PeerSessionsParts;
  readonly #sessions = new Map<string, Session>();
  readonly #ofAddress = new Map<string, number>();
  readonly #pace = new FailurePace();
  readonly #counters: Readonly<Record<ServerOutcome['type'] | 'discarded' | 'refused', Counter>>;
  #actors = 0;
  #lines = 0;

  constructor(parts: PeerSessionsParts) {
    this.#parts = parts;
    const { clock, metrics } = parts;
    const counter = (name: string) => metrics.counter(`master/authentications/${name}`);
    this.#counters = {
      completed: counter('completed'),
      failed: counter('failed'),
      error: counter('errors'),
      discarded: counter('discarded'),
      refused: counter('refused'),
    };
    metrics.gauge('master/authentications/open', () => this.#sessions.size);
    metrics.gauge('master/authentications/failing_addresses', () => this.#pace.count(clock.steady()));
  }

  /** Begins to take requests. */
  install(): void {
    const { messages, metrics } = this.#parts;
    const counter = metrics.counter('master/messages_authenticate');
    messages.install(
      'master',
      AuthenticateMessage,
      proving,
      (from, { pid }, address) => {
        counter.increment();
        this.#begin(from, pid, address);
      },
      { speaksFor: ({ pid }) => pid },
    );
  }

  /** Ends all sessions, and forgets who has proven what: the term is over. */
  stop(): void {
    for (const session of [...this.#sessions.values()]) {
      session.waiting?.drop();
      this.#close(session);
    }
    this.#parts.authentication.peers.clear();
  }

  /** @see Mesos src/master/master.cpp, Master::registerSlave and Master::subscribe */
  whenSettled(pid: string, address: string, take: () => void | Promise<void>): void | Promise<void> {
    const session = this.#sessions.size === 0 ? undefined : this.#sessions.get(keyOf(pid, address));
    if (session === undefined) return take();
    this.#parts.log.info('A registration waits: authentication is still in progress', { pid });
    session.waiting?.drop();
    return new Promise(resolve => {
      session.waiting = { take: () => resolve(Promise.try(take)), drop: () => resolve() };
    });
  }

  principalOf(pid: string, address: string): string | undefined {
    const peer = this.#parts.authentication.peers.of(pid);
    return peer?.address === address ? peer.principal : undefined;
  }

  isForged(pid: string, address: string): boolean {
    const peer = this.#parts.authentication.peers.of(pid);
    return peer !== undefined && peer.address !== address;
  }

  use(pid: string): void {
    this.#parts.authentication.peers.use(pid);
  }

  release(pid: string): void {
    this.#parts.authentication.peers.release(pid);
  }

  #begin(from: string, claimed: string, address: string): void {
    const { authentication, clock, flags, log, messages, metrics } = this.#parts;
    const process = parsePid(claimed);
    const sender = parsePid(from);
    if (process === undefined || process.ip !== sender?.ip) {
      metrics.counter('master/dropped_messages').increment();
      log.warning('Dropped a request for authentication: it is for a process of another IP address', {
        pid: excerpt(claimed, 200),
        from,
      });
      return;
    }
    const pid = formatPid(process);
    const direct = process.port === sender.port;
    const old = this.#sessions.get(keyOf(pid, address));
    if (old?.direct && !direct) return this.#refuse(pid, 'its own is in progress');
    if (old) this.#end(old, { type: 'discarded', why: 'it authenticates anew' });
    if (this.#sessions.size >= mostSessions || (this.#ofAddress.get(address) ?? 0) >= mostOfAddress) {
      return this.#refuse(pid, 'too many are in progress');
    }
    if (direct && authentication.peers.of(pid)?.address === address) authentication.peers.remove(pid);
    const [state, effects] = beginServerSession();
    const actor = `crammd5-authenticator-session(${++this.#actors})`;
    const session: Session = { actor, pid, from, address, direct, state, ends: [] };
    this.#sessions.set(keyOf(pid, address), session);
    this.#ofAddress.set(address, (this.#ofAddress.get(address) ?? 0) + 1);
    session.ends.push(
      clock.after(flags.authentication_v0_timeout, () => {
        this.#end(session, { type: 'discarded', why: 'it timed out' });
      }),
      messages.link(from, () => this.#end(session, { type: 'discarded', why: 'its connection broke' })),
      () => messages.remove(actor),
    );
    this.#take(session, 'start');
    this.#take(session, 'step');
    this.#perform(session, effects);
  }

  #take(session: Session, kind: 'start' | 'step'): void {
    const { messages, metrics, log } = this.#parts;
    const type = saslTypes[kind] as MessageType<unknown>;
    messages.install(session.actor, type, proving, (from, body, address) => {
      if (!this.#isOpen(session)) return;
      if (from === session.from && address === session.address) {
        this.#step(session, { kind, body } as SaslMessage<'start' | 'step'>);
        return;
      }
      metrics.counter('master/dropped_messages').increment();
      log.warning('Dropped a message of an authentication: it is not from who began it', { pid: session.pid, from });
    });
  }

  #step(session: Session, input: ServerInput): void {
    const { clock, info } = this.#parts;
    const challenge = () => newChallenge(info.hostname ?? 'master', clock.now());
    const [state, effects] = stepServerSession(session.state, input, challenge);
    session.state = state;
    this.#perform(session, effects);
  }

  #perform(session: Session, effects: readonly ServerEffect[]): void {
    for (const effect of effects) {
      if (effect.type === 'send') this.#send(session, effect.message);
      else if (effect.type === 'verify') this.#verify(session, effect);
      else this.#end(session, effect.outcome);
    }
  }

  #send({ from, actor }: Session, { kind, body }: SaslMessage): void {
    this.#parts.messages.send(from, saslTypes[kind] as MessageType<unknown>, body, actor);
  }

  #verify(session: Session, { answer, challenge }: ServerEffect & { type: 'verify' }): void {
    const { authentication, clock, log } = this.#parts;
    const waitMs = this.#pace.reserve(session.address, clock.steady());
    if (waitMs === undefined) {
      return this.#end(session, { type: 'discarded', why: 'too many wrong answers came from its IP address' });
    }
    const judge = (secret: string | undefined) => {
      if (!this.#isOpen(session)) return;
      const right = isRight(answer, challenge, secret);
      if (!right || !this.#isTaken(session, answer.principal)) this.#step(session, { kind: 'verdict', right });
      else this.#giveUp(session, `${session.pid} is registered as another principal`);
    };
    const look = () => {
      const secret = authentication.secrets.secretOf(answer.principal);
      if (!(secret instanceof Promise)) return judge(secret);
      secret.then(judge, (error: Error) => {
        log.error('Cannot find out the secret of a principal', { error, principal: excerpt(answer.principal, 200) });
        if (this.#isOpen(session)) this.#giveUp(session, 'the secret cannot be found out now');
      });
    };
    if (waitMs === 0) look();
    else session.ends.push(clock.after(waitMs, look));
  }

  /** Whether a framework or an agent is registered there as another principal, and another process speaks for it. */
  #isTaken({ pid, direct }: Session, principal: string): boolean {
    const peer = this.#parts.authentication.peers.of(pid);
    return !direct && peer !== undefined && peer.inUse && peer.principal !== principal;
  }

  #giveUp(session: Session, problem: string): void {
    this.#send(session, { kind: 'error', body: { error: problem } });
    this.#end(session, { type: 'error', problem });
  }

  /** Without an answer: a client that gets an error tries again at once. */
  #refuse(pid: string, why: string): void {
    this.#counters.refused.increment();
    this.#complain(`Ignored a request for authentication: ${why}`, { pid });
  }

  #complain(message: string, fields: Readonly<Record<string, string>>): void {
    const { clock, log } = this.#parts;
    if (this.#lines++ === 0) {
      clock.after(linesMs, () => {
        if (this.#lines > mostLines)
          log.warning('More authentications came to nothing', { number: this.#lines - mostLines });
        this.#lines = 0;
      });
    }
    if (this.#lines <= mostLines) log.warning(message, fields);
  }

  #end(session: Session, outcome: ServerOutcome | Discarded): void {
    if (!this.#isOpen(session)) return;
    this.#close(session);
    this.#counters[outcome.type].increment();
    this.#note(session, outcome);
    const { waiting } = session;
    // As in Mesos: what waits is handled when it is decided who the peer is, or is not.
    if (outcome.type === 'completed' || outcome.type === 'failed') waiting?.take();
    else waiting?.drop();
  }

  #isOpen(session: Session): boolean {
    return this.#sessions.get(keyOf(session.pid, session.address)) === session;
  }

  #note({ pid, address, from }: Session, outcome: ServerOutcome | Discarded): void {
    const { authentication, clock, log } = this.#parts;
    switch (outcome.type) {
      case 'completed':
        authentication.peers.add(pid, { principal: outcome.principal, address });
        log.info('Authenticated a process', { pid, principal: outcome.principal });
        return;
      case 'failed':
        this.#pace.failed(address, clock.steady());
        log.warning('Authentication failed: the principal or its secret is wrong', {
          pid,
          principal: excerpt(outcome.principal, 200),
          address,
        });
        return;
      case 'error':
        this.#complain(`Authentication failed: ${outcome.problem}`, { pid, from, address });
        return;
      case 'discarded':
        this.#complain(`Gave an authentication up: ${outcome.why}`, { pid, from });
        return;
      default:
        throw new Error(`unhandled outcome ${outcome satisfies never}`);
    }
  }

  #close(session: Session): void {
    const { address } = session;
    this.#sessions.delete(keyOf(session.pid, address));
    const left = (this.#ofAddress.get(address) ?? 1) - 1;
    if (left > 0) this.#ofAddress.set(address, left);
    else this.#ofAddress.delete(address);
    for (const end of session.ends) end();
  }
}

function keyOf(pid: string, address: string): string {
  return `${pid} ${address}`;
}
