import type { Asking } from '@meseta/daemon';
import type { FrameworkInfo, OfferOperation, OfferOperationType } from '@meseta/protocol';
import type { MasterContext } from '../../context.ts';
import type { Agent } from '../../state/agent.ts';
import type { Framework } from '../../state/framework.ts';
import type { Problem } from '../../validation/rule.ts';
import type { Pool } from './pool.ts';

/** One ACCEPT under way, its offers valid and merged. */
export interface AcceptRun {
  readonly context: MasterContext;
  readonly framework: Framework;
  readonly agent: Agent;
  /** All offers of an ACCEPT are for one role. */
  readonly role: string;
  readonly pool: Pool;
}

/**
 * What one type of operation does in an ACCEPT. Operations reach it with their resources valid and in the form of the
 * master, allocated to the offers' role.
 */
export interface AcceptOperation {
  readonly type: OfferOperationType;
  /** What is asked before it is performed, on behalf of the framework. */
  readonly access: Asking<[operation: OfferOperation, framework: FrameworkInfo]>;
  /**
   * Performs an operation.
   *
   * @param denied the indexes of its questions that were denied.
   * @returns why the operation was not performed. Launches report to their tasks and return nothing.
   */
  perform(run: AcceptRun, operation: OfferOperation, denied: Denied): Problem;
}

/** Nothing in most cases. */
export type Denied = ReadonlySet<number>;

/** An operation of an ACCEPT on its way. */
export interface Step {
  /** In the form of the master; as the framework gave it when there is a problem with it. */
  readonly operation: OfferOperation;
  /** Why it cannot even be looked at. */
  readonly problem: Problem;
  readonly denied: Denied;
}

/** Formats an agent for messages about operations. */
export function printAgent({ id, pid, info }: Agent): string {
  return `${id} at ${pid} (${info.hostname})`;
}

/** Adds the agent to the text of a problem, as Mesos does for what validation finds. */
export function onAgent(agent: Agent, problem: Problem): Problem {
  return problem && `${problem}; on agent ${printAgent(agent)}`;
}
