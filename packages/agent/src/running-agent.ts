/** What an agent is started with, and what it is once it runs. */
import type { Containerizer } from '@meseta/containers';
import type { AccessControl, Files } from '@meseta/daemon';
import type { Tls } from '@meseta/process';
import type { Clock } from '@meseta/system';
import type { Logger, Metrics } from '@meseta/telemetry';
import type { AgentContext } from './context.ts';
import type { AgentFlags } from './flags.ts';

/** The flags of an agent, and the parts that tests and embedded clusters replace. */
export interface AgentOptions {
  /** Parsed and checked flags. */
  readonly flags: AgentFlags;
  readonly log: Logger;
  readonly metrics?: Metrics;
  /** Authentication and authorization in place of what the flags ask for. */
  readonly access?: Partial<AccessControl>;
  readonly clock?: Clock;
  /** In place of those of `--containerizers`; the agent closes it. */
  readonly containerizer?: Containerizer;
  /** Containers end with this process, however that ends: no other agent will come for them. */
  readonly endsContainers?: boolean;
  /** What `/flags` and `/state` show of the flags: `ParsedFlags.view`, without secrets. Default: nothing. */
  readonly flagsView?: () => Record<string, string>;
  /**
   * Makes the agent a private one: processes of this user id and of root, on this machine, are served, and what runs as
   * another user's executor may call the agent as that executor.
   */
  readonly owner?: number;
  /** Default: connections are not encrypted. */
  readonly tls?: Tls | undefined;
}

/** A running agent. */
export interface RunningAgent {
  readonly context: AgentContext;
  /** `slave(1)@ip:port`. */
  readonly pid: string;
  readonly port: number;
  /** The files that it serves, including sandboxes. */
  readonly files: Files;
  /** Resolves at the first registration with a master. */
  readonly registered: Promise<void>;
  /**
   * Resolves when the agent has ended by itself: with an error when it had to (its disk failed), without one when the
   * master or `--recover=cleanup` required it. Everything is closed then.
   */
  readonly ended: Promise<Error | undefined>;
  /** Ends the agent. Tasks run on and the next agent on the work directory takes them over, where frameworks asked for it. */
  stop(): Promise<void>;
  /** Ends the agent for good with all its tasks: it leaves the cluster, the next agent here is a new one. */
  shutdown(): Promise<void>;
}
