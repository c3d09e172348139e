/** A v0 driver or an agent as far as authentication and registration go: actors with an address of their own. */
import type { TestContext } from 'node:test';
import {
  failure,
  formatPid,
  HttpServer,
  Libprocess,
  type Pid,
  parsePid,
  type SaslKind,
  type SaslMessage,
  saslTypes,
  stepClientSession,
} from '@meseta/process';
import {
  decode,
  encode,
  FrameworkErrorMessage,
  FrameworkRegisteredMessage,
  type MessageType,
  SlaveRegisteredMessage,
} from '@meseta/protocol';
import { eventually } from '@meseta/system/testing';

/** A message that came. */
interface Received {
  readonly to: string;
  readonly name: string;
  readonly from: Pid;
  readonly body: Buffer;
}

const registered: readonly MessageType<unknown>[] = [
  FrameworkRegisteredMessage,
  FrameworkErrorMessage,
  SlaveRegisteredMessage,
];
const kinds = ['mechanisms', 'step', 'completed', 'failed', 'error'] as const;

/** See the file's head. */
export class TestPeer {
  readonly #libprocess: Libprocess;
  readonly #master: Pid;
  readonly #received: Received[] = [];
  readonly #installed = new Set<string>();
  /** Of the process that registers: `scheduler(1)`, `slave(1)`. */
  readonly actor: string;
  readonly #close: () => Promise<void>;
  #authenticatees = 0;

  private constructor(libprocess: Libprocess, master: string, actor: string, close: () => Promise<void>) {
    this.#libprocess = libprocess;
    this.#master = parsePid(`master@${master}`) as Pid;
    this.actor = actor;
    this.#close = close;
    this.#install(actor, registered);
  }

  /** @param master `127.0.0.1:5050`. It ends with the test. */
  static async start(t: TestContext, master: string, { actor = 'scheduler(1)', port = 0 } = {}): Promise<TestPeer> {
    const server = new HttpServer({ handler: () => failure('ROUTE_NOT_FOUND'), report: () => undefined });
    await server.listen('127.0.0.1', port);
    const libprocess = new Libprocess(server, { report: () => undefined });
    let closing: Promise<void> | undefined;
    const close = () => {
      libprocess.close();
      closing ??= server.close(0);
      return closing;
    };
    t.after(close);
    return new TestPeer(libprocess, master, actor, close);
  }

  get port(): number {
    return this.#libprocess.pid(this.actor).port;
  }

  /** The process's pid. */
  get pid(): string {
    return formatPid(this.#libprocess.pid(this.actor));
  }

  /** Ends, as far as others can see: like kill -9. */
  end(): Promise<void> {
    return this.#close();
  }

  /** Sends a message to the master, or to another actor of its process. */
  send<T>(type: MessageType<T>, message: T, { from = this.actor, to = 'master' } = {}): void {
    this.#libprocess.send({ ...this.#master, id: to }, from, type.fullName, encode(type, message));
  }

  /** Sends a message of an authentication. */
  say({ kind, body }: SaslMessage, options: { from?: string; to?: string } = {}): void {
    this.send(saslTypes[kind] as MessageType<unknown>, body, options);
  }

  /** The next message of a type for an actor; the others stay. */
  async next<T>(type: MessageType<T>, to = this.actor): Promise<{ from: Pid; message: T }> {
    const find = () => this.#received.findIndex(each => each.name === type.fullName && each.to === to);
    await eventually(
      () => `${type.name} for ${to}; there is ${this.#received.map(({ name }) => name)}`,
      () => find() >= 0,
    );
    const [{ from, body }] = this.#received.splice(find(), 1) as [Received];
    return { from, message: decode(type, body) };
  }

  /** Whether a message of a type has come and was not taken. */
  has(type: MessageType<unknown>): boolean {
    return this.#received.some(({ name }) => name === type.fullName);
  }

  /** Makes an actor for an authentication. */
  authenticatee(): string {
    const actor = `crammd5-authenticatee(${++this.#authenticatees})`;
    this.#install(actor, kinds.map(kind => saslTypes[kind]) as readonly MessageType<unknown>[]);
    return actor;
  }

  /** Begins an authentication. @returns its actor and that of the master's session. */
  async begin(pid = this.pid): Promise<{ actor: string; session: string }> {
    const actor = this.authenticatee();
    this.say({ kind: 'authenticate', body: { pid } }, { from: actor });
    const { from } = await this.next(saslTypes.mechanisms, actor);
    return { actor, session: from.id };
  }

  /** Begins one and gets the challenge. */
  async challenge(pid = this.pid): Promise<{ actor: string; session: string; challenge: string }> {
    const { actor, session } = await this.begin(pid);
    this.say({ kind: 'start', body: { mechanism: 'CRAM-MD5', data: '' } }, { from: actor, to: session });
    const { message } = await this.next(saslTypes.step, actor);
    return { actor, session, challenge: message.data };
  }

  /** Authenticates a process, its own if none is named. @returns how it ended. */
  async authenticate(principal: string, secret: string, pid = this.pid): Promise<SaslKind> {
    const { actor, session, challenge } = await this.challenge(pid);
    this.say(answer(challenge, principal, secret), { from: actor, to: session });
    return this.verdict(actor);
  }

  /** The end of an authentication. */
  async verdict(actor: string): Promise<SaslKind> {
    const ends = ['completed', 'failed', 'error'] as const;
    const find = () =>
      ends.find(kind => this.#received.some(({ to, name }) => to === actor && name === saslTypes[kind].fullName));
    return eventually('the end of an authentication', find);
  }

  #install(actor: string, types: readonly MessageType<unknown>[]): void {
    if (this.#installed.has(actor)) return;
    this.#installed.add(actor);
    for (const { fullName: name } of types) {
      this.#libprocess.install(actor, name, (from, body) => {
        this.#received.push({ to: actor, name, from, body });
      });
    }
  }
}

/** The answer to a challenge, both in base64. */
export function answer(challenge: string, principal: string, secret: string): SaslMessage<'step'> {
  const [, [effect]] = stepClientSession(
    'stepping',
    { kind: 'step', body: { data: challenge } },
    { principal, secret },
  );
  if (effect?.type !== 'send' || effect.message.kind !== 'step') throw new Error('no answer');
  return effect.message;
}
