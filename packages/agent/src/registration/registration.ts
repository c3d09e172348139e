/**
 * The agent's tie to its master.
 *
 * ```text
 *                 SlaveRegistered
 * DISCONNECTED ────────────────────▶ RUNNING
 *   ▲  └ tries again, backing off      │
 *   └── link broken, no ping, or a ping that says `connected: false`, or `hold`
 * ```
 *
 * An agent on hold does not try until `release`. Its master sees a broken connection, so that it offers nothing of it.
 */
import { formatAddress, formatPid, type Libprocess, type PeerAddress, type Pid } from '@meseta/process';
import {
  checkId,
  ExitedExecutorMessage,
  encode,
  type MasterSlaveConnection,
  type PingSlaveMessage,
  PongSlaveMessage,
  RegisterSlaveMessage,
  ReregisterSlaveMessage,
  type SlaveRegisteredMessage,
  type SlaveReregisteredMessage,
  UpdateSlaveMessage,
} from '@meseta/protocol';
import { networkProblem } from '@meseta/system';
import { type AgentContext, isRegistered, type RegisteredContext, takeId } from '../context.ts';
import { AuthenticationRefusedError, type CredentialSource, MasterAuthentication } from './authentication.ts';
import { backoffMs } from './backoff.ts';
import type { MasterLocation } from './detector.ts';
import { keepId, keepInfo } from './keep-identity.ts';
import type { MasterLocator } from './locator.ts';
import { registerMessage, reregisterMessage, updateMessage } from './messages.ts';
import { reconcileTasks } from './reconcile-tasks.ts';
import { SharedPortsNotice } from './shared-ports.ts';
import { TroubleReport } from './trouble-report.ts';

/** Mesos's MASTER_PING_TIMEOUT: until the master says otherwise. */
const defaultPingTimeoutMs = 75_000;
/** After as many registrations without an answer the agent proves again who it is: the master may have forgotten it. */
const unansweredTries = 4;

/** Finds the master, registers with it, and does so again after each loss. See the states above. */
export class Registration {
  readonly #context: AgentContext;
  readonly #transport: Libprocess;
  readonly #actor: string;
  readonly #locator: MasterLocator;
  readonly #report: TroubleReport;
  readonly #sharedPorts: SharedPortsNotice;
  /** Of an agent that proves who it is. */
  readonly #authentication: MasterAuthentication | undefined;
  readonly #whenRegistered = Promise.withResolvers<void>();
  #master: Pid | undefined;
  /** Where messages of the master came from when it took the agent in. */
  #peer: string | undefined;
  #tries = 0;
  #unanswered = 0;
  #cancelTry: () => void = () => undefined;
  #cancelPing: () => void = () => undefined;
  #unlink: () => void = () => undefined;
  #pingTimeoutMs = defaultPingTimeoutMs;
  #stopped = false;
  #held = false;
  /** The master's connection, as its latest message of importance came by it. */
  #incoming: PeerAddress | undefined;
  #stopWatching: () => void = () => undefined;

  /**
   * @param actor id of the agent's process, `slave(1)`.
   * @param master the locator of the master, and the credential with which the agent proves who it is before it registers.
   */
  constructor(
    context: AgentContext,
    transport: Libprocess,
    actor: string,
    { locator, credential }: { readonly locator: MasterLocator; readonly credential: CredentialSource | undefined },
  ) {
    this.#context = context;
    this.#transport = transport;
    this.#actor = actor;
    this.#locator = locator;
    this.#report = new TroubleReport(context, () => this.#mayRegister);
    this.#sharedPorts = new SharedPortsNotice(context);
    this.#authentication = credential && new MasterAuthentication(context, transport, credential);
  }

  /** Resolves at the first registration. */
  get registered(): Promise<void> {
    return this.#whenRegistered.promise;
  }

  /** Looks for the master and registers with it, for as long as it takes. */
  start(): void {
    this.#setState('DISCONNECTED');
    if (!this.#held) this.#begin(false);
    this.#stopWatching = this.#locator.watch(leader => this.#onLeader(leader));
  }

  /** Leaves the master until `release`. */
  hold(): void {
    this.#held = true;
    this.#cancelTry();
    this.#authentication?.cancel();
    if (this.#context.agent.state === 'RUNNING')
      this.#disconnected('The agent cannot take tasks', { registersAnew: false });
    if (this.#incoming) this.#transport.disconnect(this.#incoming);
  }

  /** Registers again. */
  release(): void {
    if (!this.#held) return;
    this.#held = false;
    if (!this.#stopped && this.#context.agent.state === 'DISCONNECTED') this.#begin(true);
  }

  /** Leaves the master alone: it will miss the agent. */
  stop(): void {
    this.#stopped = true;
    this.#stopWatching();
    this.#cancelTry();
    this.#authentication?.cancel();
    this.#cancelPing();
    this.#unlink();
  }

  /** Whether a message comes from the master: by its name, and from where the master spoke before. */
  isMaster(from: Pid, peer: PeerAddress): boolean {
    if (this.#master === undefined || formatPid(from) !== this.#context.agent.master) return false;
    return this.#peer === undefined || this.#peer === peer.address;
  }

  /** Whether a message comes from one of the master's observers of agents. */
  isObserver(from: Pid, peer: PeerAddress): boolean {
    const master = this.#master;
    if (master === undefined || from.ip !== master.ip || from.port !== master.port) return false;
    return from.id.startsWith('slave-observer') && (this.#peer === undefined || this.#peer === peer.address);
  }

  /** The answer to a first registration. Repeated ones are of no consequence. */
  onRegistered(message: SlaveRegisteredMessage, peer: PeerAddress): void {
    const context = this.#context;
    const { agent, log } = context;
    const id = checkId(message.agent_id.value);
    if (agent.id !== undefined && agent.id !== id) {
      log.error('Ignored a registration under another id', { agent_id: agent.id, other: id });
      return;
    }
    if (this.#held || agent.state === 'RUNNING' || agent.state === 'TERMINATING') return;
    if (!isRegistered(context)) {
      takeId(context, id);
      keepId(context);
    }
    this.#run(context, peer, message.connection);
  }

  /** The answer to a re-registration, with the tasks that the master believes the agent has. */
  onReregistered(message: SlaveReregisteredMessage, peer: PeerAddress): void {
    const context = this.#context;
    const { agent, log } = context;
    if (!isRegistered(context) || agent.id !== message.agent_id.value) {
      log.error('Ignored a re-registration under another id', { agent_id: agent.id, other: message.agent_id.value });
      return;
    }
    if (this.#held || agent.state === 'TERMINATING') return;
    this.#incoming = peer;
    if (agent.isReconfigured) keepInfo(context);
    if (agent.state !== 'RUNNING') this.#run(context, peer, message.connection);
    for (const reconciliation of message.reconciliations ?? []) reconcileTasks(context, reconciliation);
  }

  /** Answers a ping. A master that lost its connection to the agent says so here. */
  onPing(from: Pid, message: PingSlaveMessage, peer: PeerAddress): void {
    this.#incoming = peer;
    this.#transport.send(from, this.#actor, PongSlaveMessage.fullName);
    if (this.#context.agent.state !== 'RUNNING') return;
    if (message.connected) this.#expectPing();
    else this.#disconnected('The master says that the agent is not connected');
  }

  /** Leaves a master that does not lead any more, and registers with the next one at once. */
  #onLeader(leader: MasterLocation | undefined): void {
    const { agent } = this.#context;
    const master = leader && formatPid(leader.pid);
    if (this.#stopped || agent.state === 'TERMINATING' || master === agent.master) return;
    const why = master === undefined ? 'No master leads any more' : 'Another master leads now';
    if (agent.state === 'RUNNING') this.#disconnected(why, { registersAnew: false, next: master ?? 'none' });
    this.#forget();
    if (this.#mayRegister) this.#begin(false);
  }

  #forget(): void {
    this.#unlink();
    this.#unlink = () => undefined;
    this.#master = undefined;
    this.#context.agent.master = undefined;
    this.#context.agent.masterHostname = undefined;
  }

  #begin(renew: boolean): void {
    this.#cancelTry();
    this.#tries = 0;
    this.#authentication?.forget();
    this.#link(renew);
    this.#next();
  }

  #link(renew: boolean): void {
    const master = this.#master;
    if (!master) return;
    this.#unlink();
    this.#unlink = this.#transport.link(master, (_, error) => this.#onBroken(master, error), { renew });
  }

  #onBroken(master: Pid, error: Error | undefined): void {
    if (this.#stopped || this.#held) return;
    const { agent } = this.#context;
    const problem = networkProblem(error, formatAddress(master));
    if (agent.state === 'RUNNING') {
      const reason = problem ?? error?.message ?? 'the master closed it';
      return this.#disconnected('The connection to the master broke', { reason });
    }
    this.#authentication?.interrupt();
    // While registering, the next try opens a new connection. What closes connections can be asked what it is.
    if (problem === undefined || isCutOff(error)) this.#report.ask(master);
    else this.#report.failed(problem, this.#tries);
  }

  #disconnected(
    why: string,
    { registersAnew = true, ...details }: { registersAnew?: boolean; reason?: string; next?: string } = {},
  ): void {
    const { log, statusUpdates, agent } = this.#context;
    if (this.#stopped || agent.state !== 'RUNNING') return;
    const fields = { master: agent.master, ...details };
    log.warning(`${why}: ${registersAnew ? 'registering anew' : 'leaving the master'}`, fields);
    this.#cancelPing();
    this.#peer = undefined;
    if (this.#master) this.#transport.unbind(this.#master);
    this.#setState('DISCONNECTED');
    statusUpdates.pause();
    if (registersAnew) this.#begin(true);
    else this.#unlink();
  }

  #next(): void {
    const { clock, flags } = this.#context;
    const waitMs = backoffMs(flags.registration_backoff_factor, this.#tries, clock.random());
    this.#cancelTry = clock.after(waitMs, () => void this.#try());
  }

  /** The master may have moved since the last try. */
  async #locate(): Promise<void> {
    const { agent, log } = this.#context;
    try {
      const location = await this.#locator.locate();
      if (!this.#mayRegister) return;
      if (location === undefined) {
        this.#forget();
        return this.#report.failed(this.#locator.absence, this.#tries + 1);
      }
      const { host, pid } = location;
      if (formatPid(pid) === agent.master) return;
      this.#master = pid;
      agent.master = formatPid(pid);
      agent.masterHostname = host;
      log.info('Detected a master', { master: agent.master });
      this.#authentication?.forget();
      this.#link(false);
    } catch (error) {
      if (this.#mayRegister) this.#report.failed(this.#locator.explain(error), this.#tries + 1);
    }
  }

  get #mayRegister(): boolean {
    return !this.#stopped && !this.#held && this.#context.agent.state === 'DISCONNECTED';
  }

  async #try(): Promise<void> {
    await this.#locate();
    if (!this.#mayRegister) return;
    if (!this.#master) {
      this.#tries++;
      return this.#next();
    }
    if (this.#tries++ > 0) this.#link(false);
    this.#report.tried(this.#master, this.#tries);
    if (this.#authentication?.completed === false) this.#authenticate(this.#authentication, this.#master);
    else this.#register(this.#master);
  }

  /** Proves who the agent is, then registers. A master that refuses it ends the agent: its tasks run on. */
  #authenticate(authentication: MasterAuthentication, master: Pid): void {
    const { abort, clock, log } = this.#context;
    authentication.begin(master, outcome => {
      if (!this.#mayRegister || this.#master !== master) return;
      if (outcome.type === 'failed') {
        return abort(new AuthenticationRefusedError(master, outcome.principal, authentication.source));
      }
      if (outcome.type === 'completed') {
        log.info('Authenticated with the master', { master: formatPid(master) });
        this.#unanswered = 0;
        return this.#register(master);
      }
      if (outcome.problem !== undefined) this.#report.failed(`authentication failed: ${outcome.problem}`, this.#tries);
      this.#cancelTry = clock.after(outcome.retryMs, () => void this.#try());
    });
  }

  #register(master: Pid): void {
    const context = this.#context;
    if (this.#unanswered++ >= unansweredTries) this.#authentication?.forget();
    const [type, body] = isRegistered(context)
      ? [ReregisterSlaveMessage, encode(ReregisterSlaveMessage, reregisterMessage(context))]
      : [RegisterSlaveMessage, encode(RegisterSlaveMessage, registerMessage(context))];
    this.#transport.send(master, this.#actor, type.fullName, body);
    this.#next();
  }

  #run(context: RegisteredContext, peer: PeerAddress, connection: MasterSlaveConnection | undefined): void {
    const { agent, log, messages, statusUpdates } = context;
    this.#cancelTry();
    this.#authentication?.cancel();
    this.#unanswered = 0;
    this.#peer = peer.address;
    this.#incoming = peer;
    if (this.#master) this.#transport.bind(this.#master, peer);
    const { total_ping_timeout_seconds: pingTimeoutSeconds = 0 } = connection ?? {};
    if (pingTimeoutSeconds > 0) this.#pingTimeoutMs = pingTimeoutSeconds * 1000;
    this.#setState('RUNNING');
    this.#report.over();
    log.info('Registered with the master', { master: agent.master, agent_id: agent.id });
    this.#sharedPorts.answered(connection);
    messages.sendToMaster(UpdateSlaveMessage, updateMessage(context));
    for (const exit of agent.untoldExits.splice(0)) messages.sendToMaster(ExitedExecutorMessage, exit);
    statusUpdates.resume();
    agent.notify(observer => observer.registered?.());
    this.#expectPing();
    this.#whenRegistered.resolve();
  }

  #expectPing(): void {
    this.#cancelPing();
    this.#cancelPing = this.#context.clock.after(this.#pingTimeoutMs, () => {
      this.#disconnected('No ping from the master');
    });
  }

  #setState(state: 'DISCONNECTED' | 'RUNNING'): void {
    if (this.#context.agent.state !== 'TERMINATING') this.#context.agent.state = state;
  }
}

/** Whether the peer took the connection and then ended it without order. */
function isCutOff(error: Error | undefined): boolean {
  const { code } = (error ?? {}) as NodeJS.ErrnoException;
  return code === 'ECONNRESET' || code === 'EPIPE';
}
