/** Installs the handlers of the libprocess messages of agents, with the check of who may send them. */
import { type Asking, asksOneOf, type Open, open, type Question, settled } from '@meseta/daemon';
import {
  type AgentInfo,
  ExecutorToFrameworkMessage,
  ExitedExecutorMessage,
  type MessageType,
  RegisterSlaveMessage,
  ReregisterSlaveMessage,
  StatusUpdateMessage,
  UnregisterSlaveMessage,
  UpdateOperationStatusMessage,
  UpdateSlaveMessage,
} from '@meseta/protocol';
import type { MasterContext } from '../context.ts';
import type { Agent } from '../state/agent.ts';
import { updateOperation } from '../tasks/operations.ts';
import { statusUpdate } from '../tasks/status-update.ts';
import { executorToFramework, exitedExecutor } from './executors.ts';
import { registerAgent } from './register.ts';
import { removeAgent } from './remove.ts';
import { reregisterAgent } from './reregister.ts';
import { updateAgent } from './update.ts';

/** A message of agents. */
interface AgentMessage {
  readonly name: string;
  /** What is asked before it is handled, about the agent that it introduces. */
  readonly access: Open | Asking<[agent: AgentInfo]>;
  install(context: MasterContext): void;
}

/**
 * Joining the cluster; and with resources that are reserved by the agent's own flags, reserving them.
 *
 * @see Mesos src/master/master.cpp, Master::authorizeSlave
 */
export const joining = asksOneOf(
  ['REGISTER_AGENT', 'RESERVE_RESOURCES'],
  (agent_info: AgentInfo): Question<'REGISTER_AGENT' | 'RESERVE_RESOURCES'>[] => [
    { action: 'REGISTER_AGENT', object: { agent_info } },
    ...(agent_info.resources ?? [])
      .filter(({ role = '*', reservations }) => role !== '*' || (reservations?.length ?? 0) > 0)
      .map(resource => ({ action: 'RESERVE_RESOURCES' as const, object: { resource } })),
  ],
);

const own = open('Accepted only from the registered agent, about itself.');

/** All of them. */
export const agentMessages: readonly AgentMessage[] = [
  introducing(RegisterSlaveMessage, 'register_slave', registerAgent),
  introducing(ReregisterSlaveMessage, 'reregister_slave', reregisterAgent),
  known(UnregisterSlaveMessage, 'unregister_slave', message => message.agent_id.value, unregister),
  known(UpdateSlaveMessage, 'update_slave', message => message.agent_id.value, updateAgent),
  known(
    StatusUpdateMessage,
    'status_update',
    ({ update }) => agentOf(update),
    (context, agent, { update }) => statusUpdate(context, agent, update),
  ),
  known(ExitedExecutorMessage, 'exited_executor', message => message.agent_id.value, exitedExecutor),
  known(ExecutorToFrameworkMessage, 'executor_to_framework', message => message.agent_id.value, executorToFramework),
  known(UpdateOperationStatusMessage, 'operation_status_update', message => message.agent_id?.value, updateOperation),
];

/** Installs the handlers of all messages agents send to a master. */
export function installAgentMessages(context: MasterContext): void {
  for (const message of agentMessages) message.install(context);
}

/** A message that any sender may send: it registers the sender, which must then use the same connection. */
function introducing<T extends { readonly agent: AgentInfo }>(
  type: MessageType<T>,
  metric: string,
  handle: (context: MasterContext, from: string, message: T, peer: string) => void | Promise<void>,
): AgentMessage {
  return {
    name: type.fullName,
    access: joining,
    install(context) {
      const counter = context.metrics.counter(`master/messages_${metric}`);
      const { messages, access, authentication, flags } = context;
      messages.install(
        'master',
        type,
        joining,
        (from, message, peer, ask) => {
          counter.increment();
          // What is refused here gets no answer: the agent tries again, and may be allowed by then.
          return authentication.whenSettled(from, peer, () => {
            if (authentication.isForged(from, peer)) {
              return ignore(context, from, 'the agent has authenticated from another IP address');
            }
            if (flags.authenticate_agents && authentication.principalOf(from, peer) === undefined) {
              return ignore(context, from, 'it is not authenticated');
            }
            return settled(ask(access.principalOf(from), message.agent), allowed => {
              if (!allowed) return ignore(context, from, 'it is not authorized to join');
              authentication.use(from);
              return handle(context, from, message, peer);
            });
          });
        },
        { binds: true },
      );
    },
  };
}

function ignore({ log }: MasterContext, pid: string, why: string): void {
  log.warning(`Ignored the registration of an agent: ${why}`, { pid });
}

/** A message about an agent: accepted only from the address where that agent registered. */
function known<T>(
  type: MessageType<T>,
  metric: string,
  agentId: (message: T) => string | undefined,
  handle: (context: MasterContext, agent: Agent, message: T) => void | Promise<void>,
): AgentMessage {
  const install = (context: MasterContext) => {
    const counter = context.metrics.counter(`master/messages_${metric}`);
    const dropped = context.metrics.counter('master/dropped_messages');
    context.messages.install('master', type, own, (from, message, peer) => {
      counter.increment();
      const agent = context.cluster.agents.get(agentId(message) ?? '');
      if (agent?.pid !== from || agent.peer !== peer) {
        dropped.increment();
        context.log.debug(`Dropped ${type.fullName}: its sender is not the registered agent`, { pid: from });
        return undefined;
      }
      return handle(context, agent, message);
    });
  };
  return { name: type.fullName, access: own, install };
}

function agentOf({ agent_id, status }: StatusUpdateMessage['update']): string | undefined {
  return agent_id?.value ?? status.agent_id?.value;
}

function unregister(context: MasterContext, agent: Agent): Promise<void> {
  return removeAgent(context, agent, 'the agent unregistered', 'unregistered');
}
