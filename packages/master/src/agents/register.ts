import {
  type AgentId,
  type AgentInfo,
  checkId,
  type MasterSlaveConnection,
  type RegisterSlaveMessage,
  type ReregisterSlaveMessage,
  type Resource,
  SlaveRegisteredMessage,
} from '@meseta/protocol';
import { applyCheckpointed, InvalidOperationError, Resources } from '@meseta/resources';
import type { MasterContext } from '../context.ts';
import { admitAgentOperation } from '../registrar/agents.ts';
import { Agent, type AgentRegistration } from '../state/agent.ts';
import { connectAgent } from './connect.ts';
import { isMachineDown, takeUnavailability } from './machines.ts';
import { removeAgent, shutDownAgent } from './remove.ts';
import { isSupportedVersion, registrationProblem } from './validate.ts';

/**
 * Registers a new agent, or answers one that has not received the answer yet. Invalid messages are not answered.
 *
 * ```text
 * pid unknown ──▶ admitted in the registry ──▶ added, linked, pinged ──▶ SlaveRegistered
 * pid of a connected agent ────────────────────────────────────────────▶ SlaveRegistered, same id
 * pid of a disconnected agent ──▶ that one is removed, this one is new
 * ```
 *
 * @see Mesos src/master/master.cpp, Master::registerSlave
 */
export async function registerAgent(
  context: MasterContext,
  from: string,
  message: RegisterSlaveMessage,
  peer: string,
): Promise<void> {
  const { cluster, agentConnections, registrar, metrics, log } = context;
  const refusal = refusalOf(context, message) ?? registrationProblem(message);
  if (refusal !== undefined) {
    log.warning(`Ignored the registration of an agent: ${refusal}`, { pid: from });
    return;
  }
  if (isMachineDown(context, from, message.agent.hostname)) {
    shutDownAgent(context, from, 'Machine is `DOWN`');
    return;
  }
  const existing = cluster.agentByPid(from);
  if (existing?.connected) {
    if (existing.peer === peer) sendRegistered(context, existing);
    else metrics.counter('master/dropped_messages').increment();
    return;
  }
  if (agentConnections.registering.has(from)) return;
  agentConnections.registering.add(from);
  try {
    // The registry takes the old one out before it takes the new one in.
    if (existing) {
      removeAgent(context, existing, 'a new agent registered at the same address', 'registered').catch(error =>
        log.error('Removing an agent failed', { agent_id: existing.id, error }),
      );
    }
    const id: AgentId = checkId(`${context.id}-S${agentConnections.nextAgent()}`);
    const info: AgentInfo = { ...message.agent, id: { value: id } };
    await registrar.apply(admitAgentOperation(id, info));
    const agent = new Agent(id, registrationOf(message, from, peer), context.clock.now());
    addAgent(context, agent);
    metrics.counter('master/slave_registrations').increment();
    log.info('Registered agent', { agent_id: id, pid: from, hostname: info.hostname });
    sendRegistered(context, agent);
  } finally {
    agentConnections.registering.delete(from);
  }
}

/** Returns why an agent, new or known, cannot join; undefined when it can. */
export function refusalOf(
  { flags, info }: MasterContext,
  { agent, version }: Pick<RegisterSlaveMessage, 'agent' | 'version'>,
): string | undefined {
  if (!isSupportedVersion(version)) return `its version '${version ?? ''}' is less than 1.0.0`;
  if (agent.domain && !info.domain) return 'it has a domain, the master has none';
  if (!agent.domain && flags.require_agent_domain) return 'it has no domain';
  return undefined;
}

/**
 * Adds an agent of which the registry knows to cluster and allocation, and connects to it.
 *
 * @param populate adds what it runs, before it is in the allocation.
 */
export function addAgent(context: MasterContext, agent: Agent, populate: () => void = () => undefined): void {
  const draining = context.registrar.registry.agents.get(agent.id);
  agent.drainInfo = draining?.drain_info;
  agent.deactivated = draining?.deactivated ?? false;
  agent.drainStartedAt = agent.drainInfo && context.clock.now();
  context.cluster.addAgent(agent);
  populate();
  context.allocation.addAgent(agent);
  takeUnavailability(context, agent);
  if (agent.deactivated) {
    agent.active = false;
    context.allocation.deactivateAgent(agent);
  }
  connectAgent(context, agent);
}

/** Returns the agent's registration as a message describes it. */
export function registrationOf(
  message: RegisterSlaveMessage | ReregisterSlaveMessage,
  pid: string,
  peer: string,
): AgentRegistration {
  const { agent, version = '', agent_capabilities, resource_version_uuid, checkpointed_resources } = message;
  return {
    info: agent,
    pid,
    peer,
    version,
    capabilities: agent_capabilities ?? [],
    resourceVersion: resource_version_uuid?.value,
    total: totalOf(agent.resources, checkpointed_resources),
  };
}

/**
 * Returns an agent's resources with its dynamic reservations and volumes in place of what they were made from. Those that
 * cannot be made from its resources are left out.
 */
function totalOf(resources: Resource[] | undefined, checkpointed: readonly Resource[] = []): Resources {
  let total = Resources.of(resources);
  for (const resource of checkpointed) {
    try {
      total = applyCheckpointed(total, [resource]);
    } catch (error) {
      if (!(error instanceof InvalidOperationError)) throw error;
    }
  }
  return total;
}

function sendRegistered(context: MasterContext, agent: Agent): void {
  context.sendToAgent(agent, SlaveRegisteredMessage, {
    agent_id: { value: agent.id },
    connection: connectionOf(context, agent),
  });
}

/** Returns how long an agent waits for pings before it looks for a master again, and whether this master shares its ports. */
export function connectionOf({ flags }: MasterContext, { sharesPorts }: Agent): MasterSlaveConnection {
  const pingTimeoutMs = flags.agent_ping_timeout * flags.max_agent_ping_timeouts;
  return { total_ping_timeout_seconds: pingTimeoutMs / 1000, ...(sharesPorts && { knows_shared_ports: true }) };
}
