/** Calls that remove, drain or mark agents, and remove frameworks. */
import { asks, asksOneOf, whole } from '@meseta/daemon';
import { HttpError } from '@meseta/process';
import type { MasterCallDrainAgent, WireId } from '@meseta/protocol';
import {
  type AgentOutcome,
  deactivateAgentByOperator,
  drainAgent,
  markAgentGone,
  reactivateAgent,
} from '../../../agents/index.ts';
import type { MasterContext } from '../../../context.ts';
import { frameworkToTearDown, scheduledMachine, tearDownFramework } from '../../../operator/index.ts';
import type { MasterOperatorCall } from '../call.ts';

/** The operator calls about agents and frameworks. */
export const agentCalls = {
  TEARDOWN: {
    needs: 'teardown',
    access: asks('TEARDOWN_FRAMEWORK', ({ master }, { teardown }) => [
      { framework_info: frameworkToTearDown(master, teardown?.framework_id.value ?? '').info },
    ]),
    answer: async ({ master }, { teardown }) => {
      await tearDownFramework(master, teardown?.framework_id.value ?? '');
      return undefined;
    },
  },
  MARK_AGENT_GONE: {
    needs: 'mark_agent_gone',
    access: asks('MARK_AGENT_GONE', () => [whole]),
    answer: async ({ master }, { mark_agent_gone }) => {
      const id = mark_agent_gone?.agent_id.value ?? '';
      return settleGone(await markAgentGone(master, id), id);
    },
  },
  DRAIN_AGENT: {
    needs: 'drain_agent',
    access: asksOneOf(['DRAIN_AGENT', 'MARK_AGENT_GONE'], (_, { drain_agent }) => [
      { action: 'DRAIN_AGENT', object: whole },
      ...(drain_agent?.mark_gone ? [{ action: 'MARK_AGENT_GONE', object: whole } as const] : []),
    ]),
    validate: ({ drain_agent }) => {
      const grace = graceNs(drain_agent) ?? 0;
      if (grace < 0) return "'max_grace_period' must not be negative";
      return grace < 2 ** 63 ? undefined : "'max_grace_period' must be less than 2^63 nanoseconds, 292 years";
    },
    answer: async ({ master }, { drain_agent }) => {
      const id = drain_agent?.agent_id.value ?? '';
      const grace = graceNs(drain_agent);
      demandNoMaintenance(master, id);
      const outcome = await drainAgent(master, id, {
        ...(grace !== undefined && { max_grace_period: { nanoseconds: grace } }),
        mark_gone: drain_agent?.mark_gone ?? false,
      });
      return settle(outcome, 'Unknown agent');
    },
  },
  DEACTIVATE_AGENT: {
    needs: 'deactivate_agent',
    access: asks('DEACTIVATE_AGENT', () => [whole]),
    answer: async ({ master }, { deactivate_agent }) =>
      settle(await deactivateAgentByOperator(master, deactivate_agent?.agent_id.value ?? ''), 'Unknown agent'),
  },
  REACTIVATE_AGENT: {
    needs: 'reactivate_agent',
    access: asks('REACTIVATE_AGENT', () => [whole]),
    answer: async ({ master }, { reactivate_agent }) =>
      settle(await reactivateAgent(master, reactivate_agent?.agent_id.value ?? ''), 'Agent is not deactivated'),
  },
} as const satisfies Record<string, MasterOperatorCall>;

function graceNs(call: MasterCallDrainAgent | undefined): number | undefined {
  const { seconds = 0, nanos = 0 } = call?.max_grace_period ?? {};
  return call?.max_grace_period && seconds * 1e9 + nanos;
}

/** One of both at a time: draining an agent and planning the maintenance of its machine. @throws {HttpError} 400. */
export function demandNoMaintenance(context: MasterContext, agentId: WireId<'agent'>): void {
  const agent = context.cluster.agents.get(agentId);
  const machine = agent && scheduledMachine(context, agent);
  if (machine) {
    const words = `Agent ${agentId} is part of a maintenance schedule under Machine ${JSON.stringify(machine)}`;
    throw new HttpError('AGENT_STATE_CONFLICT', words);
  }
}

/** @throws {HttpError} when an agent was not marked gone. */
export function settleGone(outcome: AgentOutcome, id: WireId<'agent'>): undefined {
  if (outcome === 'unknown') throw new HttpError('AGENT_NOT_FOUND', `Agent '${id}' not found`);
  if (outcome === 'busy') throw new HttpError('AGENT_IN_TRANSITION', `Agent '${id}' is already being transitioned`);
  return undefined;
}

/** @throws {HttpError} when the state of an agent was not changed. */
export function settle(outcome: AgentOutcome, unknown: string): undefined {
  if (outcome === 'done') return undefined;
  if (outcome === 'unknown') throw new HttpError('AGENT_UNKNOWN', unknown);
  if (outcome === 'busy') throw new HttpError('AGENT_BUSY', 'Agent is currently being marked gone or unreachable');
  throw new HttpError('AGENT_STATE_CONFLICT', outcome.refused);
}
