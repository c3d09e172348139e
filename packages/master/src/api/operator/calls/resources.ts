/**
 * Calls that reserve resources and create volumes on an agent. They are accepted when the operation was sent to the
 * agent.
 */
import { empty } from '@meseta/process';
import type { AgentID, MasterCall, OfferOperation } from '@meseta/protocol';
import { operationAccess, type ResourceOperationType } from '../../../offers/operation-access.ts';
import { applyForOperator, operatorQuestions } from '../../../operator/index.ts';
import type { MasterOperatorCall } from '../call.ts';

interface Order {
  readonly agent_id?: AgentID;
  readonly operation: OfferOperation;
}

/** A call that is carried out as an operation. @param read finds it in a call that has what it needs. */
function operation(
  needs: keyof MasterCall,
  type: ResourceOperationType,
  read: (call: MasterCall) => Order | undefined,
): MasterOperatorCall {
  return {
    needs,
    access: {
      asks: operationAccess[type].asks,
      questions({ master }, call, { principal }) {
        const order = read(call);
        if (!order) return [];
        return operatorQuestions(master, order.agent_id?.value ?? '', order.operation, principal?.value);
      },
    },
    answer({ master }, call, { principal }) {
      const order = read(call);
      if (!order) return undefined;
      applyForOperator(master, order.agent_id?.value ?? '', order.operation, principal?.value);
      return empty(202);
    },
  };
}

const agentIdNeeded = "Expecting 'agent_id' to be present; only agent default resources are supported right now";

/** The operator calls that change reservations and volumes. */
export const resourceCalls = {
  RESERVE_RESOURCES: operation('reserve_resources', 'RESERVE', ({ reserve_resources }) => {
    const { agent_id, source = [], resources = [] } = reserve_resources ?? {};
    return { ...(agent_id && { agent_id }), operation: { type: 'RESERVE', reserve: { source, resources } } };
  }),
  UNRESERVE_RESOURCES: operation('unreserve_resources', 'UNRESERVE', ({ unreserve_resources }) => {
    const { agent_id, resources = [] } = unreserve_resources ?? {};
    return { ...(agent_id && { agent_id }), operation: { type: 'UNRESERVE', unreserve: { resources } } };
  }),
  CREATE_VOLUMES: operation('create_volumes', 'CREATE', ({ create_volumes }) => {
    const { agent_id, volumes = [] } = create_volumes ?? {};
    return { ...(agent_id && { agent_id }), operation: { type: 'CREATE', create: { volumes } } };
  }),
  DESTROY_VOLUMES: operation('destroy_volumes', 'DESTROY', ({ destroy_volumes }) => {
    const { agent_id, volumes = [] } = destroy_volumes ?? {};
    return { ...(agent_id && { agent_id }), operation: { type: 'DESTROY', destroy: { volumes } } };
  }),
  GROW_VOLUME: {
    ...operation('grow_volume', 'GROW_VOLUME', ({ grow_volume }) => {
      if (!grow_volume) return undefined;
      const { agent_id, ...grown } = grow_volume;
      return { ...(agent_id && { agent_id }), operation: { type: 'GROW_VOLUME', grow_volume: grown } };
    }),
    validate: ({ grow_volume }) => (grow_volume?.agent_id ? undefined : agentIdNeeded),
  },
  SHRINK_VOLUME: {
    ...operation('shrink_volume', 'SHRINK_VOLUME', ({ shrink_volume }) => {
      if (!shrink_volume) return undefined;
      const { agent_id, ...shrunk } = shrink_volume;
      return { ...(agent_id && { agent_id }), operation: { type: 'SHRINK_VOLUME', shrink_volume: shrunk } };
    }),
    validate: ({ shrink_volume }) => (shrink_volume?.agent_id ? undefined : agentIdNeeded),
  },
} as const satisfies Record<string, MasterOperatorCall>;
