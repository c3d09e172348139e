/** Calls that reserve resources and make volumes on an agent. They are accepted when the agent has been told. */
import { empty, type Request, type Response } from '@meseta/process';
import type { OfferOperation } from '@meseta/protocol';
import { applyForOperator } from '../../../operator/index.ts';
import type { MasterOperatorCall, OperatorContext } from '../call.ts';

function apply({ master }: OperatorContext, agentId: string, operation: OfferOperation, request: Request): Response {
  applyForOperator(master, agentId, operation, request.principal?.value);
  return empty(202);
}

const agentIdNeeded = "Expecting 'agent_id' to be present; only agent default resources are supported right now";

export const resourceCalls = {
  RESERVE_RESOURCES: {
    needs: 'reserve_resources',
    answer(context, { reserve_resources }, request) {
      const { agent_id, source = [], resources = [] } = reserve_resources ?? {};
      const operation: OfferOperation = { type: 'RESERVE', reserve: { source, resources } };
      return apply(context, agent_id?.value ?? '', operation, request);
    },
  },
  UNRESERVE_RESOURCES: {
    needs: 'unreserve_resources',
    answer(context, { unreserve_resources }, request) {
      const { agent_id, resources = [] } = unreserve_resources ?? {};
      return apply(context, agent_id?.value ?? '', { type: 'UNRESERVE', unreserve: { resources } }, request);
    },
  },
  CREATE_VOLUMES: {
    needs: 'create_volumes',
    answer(context, { create_volumes }, request) {
      const { agent_id, volumes = [] } = create_volumes ?? {};
      return apply(context, agent_id?.value ?? '', { type: 'CREATE', create: { volumes } }, request);
    },
  },
  DESTROY_VOLUMES: {
    needs: 'destroy_volumes',
    answer(context, { destroy_volumes }, request) {
      const { agent_id, volumes = [] } = destroy_volumes ?? {};
      return apply(context, agent_id?.value ?? '', { type: 'DESTROY', destroy: { volumes } }, request);
    },
  },
  GROW_VOLUME: {
    needs: 'grow_volume',
    validate: ({ grow_volume }) => (grow_volume?.agent_id ? undefined : agentIdNeeded),
    answer(context, { grow_volume }, request) {
      if (!grow_volume) return undefined;
      const { agent_id, volume, addition } = grow_volume;
      const operation: OfferOperation = { type: 'GROW_VOLUME', grow_volume: { volume, addition } };
      return apply(context, agent_id?.value ?? '', operation, request);
    },
  },
  SHRINK_VOLUME: {
    needs: 'shrink_volume',
    validate: ({ shrink_volume }) => (shrink_volume?.agent_id ? undefined : agentIdNeeded),
    answer(context, { shrink_volume }, request) {
      if (!shrink_volume) return undefined;
      const { agent_id, volume, subtract } = shrink_volume;
      const operation: OfferOperation = { type: 'SHRINK_VOLUME', shrink_volume: { volume, subtract } };
      return apply(context, agent_id?.value ?? '', operation, request);
    },
  },
} as const satisfies Record<string, MasterOperatorCall>;
