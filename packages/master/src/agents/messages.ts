/** The libprocess messages of agents: what each is called, who is believed, and what handles it. */
import {
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
import type { MasterContext, MessageHandler } from '../context.ts';
import type { Agent } from '../state/agent.ts';
import { updateOperation } from '../tasks/operations.ts';
import { statusUpdate } from '../tasks/status-update.ts';
import { executorToFramework, exitedExecutor } from './executors.ts';
import { registerAgent } from './register.ts';
import { removeAgent } from './remove.ts';
import { reregisterAgent } from './reregister.ts';
import { updateAgent } from './update.ts';

type Install = (context: MasterContext) => void;

const table: readonly Install[] = [
  open(RegisterSlaveMessage, 'register_slave', registerAgent),
  open(ReregisterSlaveMessage, 'reregister_slave', reregisterAgent),
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
  for (const install of table) install(context);
}

/** A message anybody may send: it makes a sender known, who has to go on over the same connection. */
function open<T>(
  type: MessageType<T>,
  metric: string,
  handle: (context: MasterContext, from: string, message: T, peer: string) => void | Promise<void>,
): Install {
  return context => {
    const counter = context.metrics.counter(`master/messages_${metric}`);
    const handler: MessageHandler<T> = (from, message, peer) => {
      counter.increment();
      return handle(context, from, message, peer);
    };
    context.messages.install('master', type, handler, { binds: true });
  };
}

/** A message about an agent: believed only from where that agent registered. */
function known<T>(
  type: MessageType<T>,
  metric: string,
  agentId: (message: T) => string | undefined,
  handle: (context: MasterContext, agent: Agent, message: T) => void | Promise<void>,
): Install {
  return context => {
    const counter = context.metrics.counter(`master/messages_${metric}`);
    const dropped = context.metrics.counter('master/dropped_messages');
    context.messages.install('master', type, (from, message, peer) => {
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
}

function agentOf({ agent_id, status }: StatusUpdateMessage['update']): string | undefined {
  return agent_id?.value ?? status.agent_id?.value;
}

function unregister(context: MasterContext, agent: Agent): Promise<void> {
  return removeAgent(context, agent, 'the agent unregistered', 'unregistered');
}
