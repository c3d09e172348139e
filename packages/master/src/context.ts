/**
 * What every part of the master works with. Functions of the master take it first. Each master has its own, so one process
 * can run several masters.
 */
import type { AccessControl, Ask, Asking, Files, Open } from '@meseta/daemon';
import type { HookManager } from '@meseta/modules';
import type { Filters, MasterInfo, MessageType } from '@meseta/protocol';
import type { Clock } from '@meseta/system';
import type { Logger, Metrics } from '@meseta/telemetry';
import type { AgentConnections } from './agents/agent-connections.ts';
import type { RemovalLimiter } from './agents/removal-limiter.ts';
import type { Allocation, Grant, InverseGrant } from './allocation.ts';
import type { MasterFlags } from './flags.ts';
import type { FrameworkLimiter } from './rate-limits/framework-limiter.ts';
import type { Registrar } from './registrar/registrar.ts';
import type { Agent } from './state/agent.ts';
import type { Cluster } from './state/cluster.ts';
import type { Framework } from './state/framework.ts';
import type { InverseOffer, Offer } from './state/offer.ts';
import type { WebUi } from './web-ui/index.ts';

/** What the parts of a master share. */
export interface MasterContext {
  /** The master's uuid; ids are `${id}-0000`, `${id}-O1`, `${id}-S0`. */
  readonly id: string;
  readonly info: MasterInfo;
  readonly flags: MasterFlags;
  readonly cluster: Cluster;
  readonly allocation: Allocation;
  readonly registrar: Registrar;
  readonly offers: Offers;
  readonly hooks: HookManager;
  readonly webUi: WebUi;
  /** Who is who, and may do what: every edge asks it. */
  readonly access: AccessControl;
  /** Authentication of v0 frameworks and agents, which their registrations wait for. */
  readonly authentication: Authentication;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** What `/files/*`, LIST_FILES and READ_FILE show. */
  readonly files: Files;
  /** The flags as `/flags` and GET_FLAGS show them. */
  flagsView(): Readonly<Record<string, string>>;
  /** When this master started and became leader, milliseconds since the epoch. */
  readonly startedAt: number;
  readonly electedAt: number;
  readonly messages: Messages;
  /** Connections, pings and unfinished transitions of agents. */
  readonly agentConnections: AgentConnections;
  /** Paces agents that are marked unreachable. */
  readonly removalLimiter: RemovalLimiter;
  /** Paces the messages of frameworks by `--rate_limits`. */
  readonly frameworkLimiter: FrameworkLimiter;
  /** Sends a message to an agent, connected or not: its link reports when messages may be lost. */
  sendToAgent<T>(agent: Agent, type: MessageType<T>, message: T): void;
  /** Ends this master because it must not go on (the registry cannot be written): see `RunningMaster.failed`. */
  abort(error: Error): void;
}

/** How messages of one type are taken. */
export interface InstallOptions<T> {
  /** Whether such a message binds the address of its sender to the connection it came by, see `Libprocess.bind`. */
  readonly binds?: boolean;
  /**
   * Returns the pid of another process that such a message speaks for. When the message's connection may not speak for
   * it, too, the message is dropped.
   */
  readonly speaksFor?: (message: T) => string;
}

/** Libprocess as the master uses it. Pids are texts, `slave(1)@10.0.0.1:5051`. */
export interface Messages {
  /** Sends a message from the master's actor or another one. A message to an invalid pid is dropped and counted. */
  send<T>(to: string, type: MessageType<T>, message: T, actor?: string): void;
  /**
   * Tells once when the connection to a peer breaks or cannot be made.
   *
   * @param renew replaces a connection there is by a new one, since the peer may have lost the other end.
   * @returns unlinks.
   */
  link(to: string, onExited: () => void, renew?: boolean): () => void;
  /**
   * Installs the handler of `/<actor>/<message>`. Bodies that cannot be decoded are dropped and counted. The messages of
   * all actors are handled in the order they came, a few milliseconds' worth in a turn of the event loop.
   *
   * @param access what is asked before the message is acted on. The handler asks it with its parameter `ask`.
   */
  install<T, Args extends readonly unknown[]>(
    actor: string,
    type: MessageType<T>,
    access: Open | Asking<Args>,
    handler: MessageHandler<T, Args>,
    options?: InstallOptions<T>,
  ): void;
  /** Drops what was sent to a peer and has not arrived yet. Its links are told that the connection broke. */
  abandon(pid: string): void;
  /** Removes an actor. */
  remove(actor: string): void;
  /** Whether a peer of this machine registered from that pid over a connection that is still open. */
  isBound(pid: string): boolean;
}

/**
 * Handles a message.
 *
 * @param from the pid that the sender claims. It is not proven: any program that reaches the port can send any pid.
 * @param peer the IP address the message came from.
 * @param ask asks what the entry of the message names.
 */
export type MessageHandler<T, Args extends readonly unknown[]> = (
  from: string,
  message: T,
  peer: string,
  ask: Ask<Args>,
) => void | Promise<void>;

/** What the rest of the master asks of `authentication/`. An IP address is that of a message's connection. */
export interface Authentication {
  /**
   * Handles a registration: now, or after the authentication of its sender, if that is in progress. Of several that come
   * meanwhile, the last one counts; when the authentication is given up, none: clients register again.
   */
  whenSettled(pid: string, address: string, take: () => void | Promise<void>): void | Promise<void>;
  /** The principal that a process has proven over that IP address; undefined: none. */
  principalOf(pid: string, address: string): string | undefined;
  /** Whether a message in the name of a process comes from elsewhere than that process when it proved who it is. */
  isForged(pid: string, address: string): boolean;
  /** A framework or an agent registers as what it has proven. */
  use(pid: string): void;
  /** The framework or agent of that address has gone: its successor has to prove who it is. */
  release(pid: string): void;
}

/** What the rest of the master asks of `offers/`. */
export interface Offers {
  /** Turns what the allocator granted into offers and sends them; many thousands not all at once. */
  make(grants: readonly Grant[]): void;
  /** The same for resources that maintenance will take. */
  makeInverse(grants: readonly InverseGrant[]): void;
  /** Takes an offer back: RESCIND to the framework, its resources to the allocator. */
  rescind(offer: Offer, filters?: Filters): void;
  /** The same without telling the framework, which is gone or knows. */
  discard(offer: Offer, filters?: Filters): void;
  /** Takes an inverse offer back: RESCIND_INVERSE_OFFER. */
  rescindInverse(offer: InverseOffer): void;
  /**
   * Takes back all offers and inverse offers of a framework. From now on they are void; thousands of them are given back
   * to the allocator over several turns of the event loop.
   *
   * @param options.tell tells the framework, on its present connection.
   */
  takeBackAll(framework: Framework, options: { readonly tell: boolean }): void;
}
