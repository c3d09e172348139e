/**
 * Draining: an operator wants an agent empty. It is in no offer any more, it kills its tasks, and when the last one is
 * acknowledged it is drained, or marked gone.
 *
 * ```text
 * ─DRAIN_AGENT─▶ DRAINING ──nothing left──▶ DRAINED ─REACTIVATE_AGENT─▶ in use again
 *                    └──nothing left, mark_gone──▶ gone
 * ```
 */
import { type AgentId, checkId, type DrainConfig, DrainSlaveMessage, type WireId } from '@meseta/protocol';
import type { MasterContext } from '../context.ts';
import {
  agentDrainedOperation,
  deactivateAgentOperation,
  drainAgentOperation,
  reactivateAgentOperation,
} from '../registrar/agents.ts';
import type { RegistryOperation } from '../registrar/operation.ts';
import type { Agent } from '../state/agent.ts';
import { activateAgent, deactivateAgent } from './activation.ts';
import { markAgentGone } from './mark-gone.ts';
import { type AgentOutcome, changeRefusal, drainRefusal, reactivateRefusal } from './refusals.ts';

/**
 * Drains an agent: registered, or admitted or unreachable and not here now; then it is drained when it comes.
 *
 * @returns `unknown` for ids the registry does not have.
 */
export async function drainAgent(
  context: MasterContext,
  agentId: WireId<'agent'>,
  config: DrainConfig,
): Promise<AgentOutcome> {
  const { cluster, registrar, clock } = context;
  const refusal = drainRefusal(context, agentId);
  if (refusal !== undefined) return refusal;
  await registrar.apply(drainAgentOperation(checkId(agentId), config));
  const agent = cluster.agents.get(agentId);
  if (!agent) return 'done';
  agent.drainInfo = { state: 'DRAINING', config };
  agent.drainStartedAt = clock.now();
  agent.deactivated = true;
  deactivateAgent(context, agent);
  resumeDraining(context, agent);
  return 'done';
}

/** Takes an agent out of all offers; its tasks go on. */
export function deactivateAgentByOperator(context: MasterContext, agentId: WireId<'agent'>): Promise<AgentOutcome> {
  return change(context, agentId, deactivateAgentOperation, agent => {
    agent.deactivated = true;
    deactivateAgent(context, agent);
  });
}

/** Takes a deactivated or drained agent in again; one that is still draining is refused. */
export async function reactivateAgent(context: MasterContext, agentId: WireId<'agent'>): Promise<AgentOutcome> {
  const refusal = reactivateRefusal(context, agentId);
  if (refusal !== undefined) return refusal;
  return change(context, agentId, reactivateAgentOperation, agent => {
    agent.deactivated = false;
    agent.drainInfo = undefined;
    agent.drainStartedAt = undefined;
    activateAgent(context, agent);
    context.cluster.agentChanged(agent); // a disconnected agent is not activated yet
  });
}

/** Tells an agent that came back while draining to go on with it; finishes when nothing is left. */
export function resumeDraining(context: MasterContext, agent: Agent): void {
  if (!agent.drainInfo) return;
  if (agent.connected) context.sendToAgent(agent, DrainSlaveMessage, { config: agent.drainInfo.config });
  checkDrained(context, agent);
}

/** Watches for the last task and operation of draining agents to go. */
export function watchDraining(context: MasterContext): void {
  const check = (agentId: WireId<'agent'> | undefined) => {
    const agent = context.cluster.agents.get(agentId ?? '');
    // In a turn of its own: observers must not change the cluster.
    if (agent?.drainInfo) queueMicrotask(() => checkDrained(context, agent));
  };
  context.cluster.observe({
    taskRemoved: ({ agent_id }) => check(agent_id.value),
    operationRemoved: ({ agent_id }) => check(agent_id?.value),
  });
}

function checkDrained(context: MasterContext, agent: Agent): void {
  const { drainInfo, tasks, operations } = agent;
  if (drainInfo?.state !== 'DRAINING' || tasks.size > 0 || operations.size > 0) return;
  if (context.cluster.agents.get(agent.id) !== agent) return;
  finishDraining(context, agent, drainInfo.config).catch(error =>
    context.log.error('Finishing the draining of an agent failed', { agent_id: agent.id, error }),
  );
}

async function finishDraining(context: MasterContext, agent: Agent, config: DrainConfig): Promise<void> {
  context.log.info('Agent is drained', { agent_id: agent.id });
  if (config.mark_gone) {
    await markAgentGone(context, agent.id);
    return;
  }
  await context.registrar.apply(agentDrainedOperation(agent.id));
  if (agent.drainInfo?.state !== 'DRAINING') return;
  agent.drainInfo = { ...agent.drainInfo, state: 'DRAINED' };
  context.cluster.agentChanged(agent);
}

async function change(
  context: MasterContext,
  agentId: WireId<'agent'>,
  operation: (id: AgentId) => RegistryOperation,
  effect: (agent: Agent) => void,
): Promise<AgentOutcome> {
  const refusal = changeRefusal(context, agentId);
  if (refusal !== undefined) return refusal;
  await context.registrar.apply(operation(checkId(agentId)));
  const agent = context.cluster.agents.get(agentId);
  if (agent) effect(agent);
  return 'done';
}
