/** `/unoffered`: why agents are not offered to frameworks. An extension of Meseta. */
import { type Filters, listed, seenFrameworks, shown } from '@meseta/daemon';
import type { Quantities } from '@meseta/resources';
import type { Refusal } from '../allocator/index.ts';
import type { MasterContext } from '../context.ts';
import type { Agent } from '../state/agent.ts';
import type { Framework } from '../state/framework.ts';
import { type HeldView, type RefusalDetails, refusalMessage } from './refusal-message.ts';
import { amounts } from './values.ts';

type Sees = Filters<'VIEW_FRAMEWORK' | 'VIEW_ROLE'>;

/** Selects frameworks, roles and agents; all where a field is absent. */
export interface UnofferedSelection {
  readonly frameworkId?: string | undefined;
  /** A role, also one that the framework is not in: the refusal then names its roles. */
  readonly role?: string | undefined;
  readonly agentId?: string | undefined;
}

/**
 * Makes the view: for each framework and role, all registered agents with the reasons why the next allocation does not
 * offer them. An agent without reasons is offered, unless another framework gets it first.
 */
export function unofferedView(context: MasterContext, see: Sees, selection: UnofferedSelection): object {
  const { cluster, allocation } = context;
  const explain = allocation.explainer();
  const is = (selected: string | undefined, id: string) => (selected ?? id) === id;
  const agents = [...cluster.agents.values()].filter(({ id }) => is(selection.agentId, id));
  const frameworks = seenFrameworks(cluster.frameworks.values(), see);
  const seenRoles = (roles: readonly string[]) => shown(roles, see.VIEW_ROLE, value => ({ value }));
  const roleView = (framework: Framework, role: string) => ({
    name: role,
    agents: listed(agents, agent => ({
      agent_id: agent.id,
      hostname: agent.info.hostname,
      refusals: explain(framework.id, role, agent.id).map(refusal => refusalView(context, see, agent, refusal)),
    })),
  });
  return {
    frameworks: listed(
      [...frameworks].filter(({ id }) => is(selection.frameworkId, id)),
      framework => ({
        id: framework.id,
        name: framework.info.name,
        roles: listed(seenRoles(selection.role === undefined ? framework.roles : [selection.role]), role =>
          roleView(framework, role),
        ),
      }),
    ),
  };
}

/** A refusal in JSON: its reason, a sentence about it, and the numbers and ids that belong to it. */
interface RefusalView extends Record<string, unknown> {
  readonly reason: Refusal['reason'];
  readonly message: string;
}

function refusalView(context: MasterContext, see: Sees, agent: Agent, refusal: Refusal): RefusalView {
  const details = detailsOf(context, see, agent, refusal);
  return { reason: refusal.reason, message: refusalMessage(refusal.reason, details), ...details };
}

function detailsOf(context: MasterContext, see: Sees, agent: Agent, refusal: Refusal): RefusalDetails {
  const seesRole = (value: string) => see.VIEW_ROLE?.({ value }) !== false;
  switch (refusal.reason) {
    case 'ALLOCATOR_MODULE': {
      const { module, problem } = refusal;
      return { module, ...(problem !== undefined && { problem }) };
    }
    case 'RECOVERY_PAUSE': {
      const { agents, expectedAgents, leftMs } = refusal;
      return { agents, expected_agents: expectedAgents, left_seconds: secondsIn(leftMs) };
    }
    case 'NOT_SUBSCRIBED':
      return { roles: refusal.roles.filter(seesRole) };
    case 'NOTHING_AVAILABLE':
      return {
        held: [...refusal.held].map(([id, quantities]) => heldView(context, see, agent, id, quantities)),
        withheld: amounts(refusal.withheld),
      };
    case 'TOO_SMALL':
      return {
        shortfalls: refusal.shortfalls.map(({ minimum, missing }) => ({
          minimum: amounts(minimum),
          missing: amounts(missing),
        })),
      };
    case 'QUOTA': {
      const { role, limits, consumed } = refusal;
      return seesRole(role) ? { role, limits: amounts(limits), consumed: amounts(consumed) } : {};
    }
    case 'FILTERED':
      return { left_seconds: secondsIn(refusal.leftMs) };
    default:
      return {};
  }
}

function heldView(
  { cluster, clock }: MasterContext,
  see: Sees,
  agent: Agent,
  frameworkId: string,
  quantities: Quantities,
): HeldView {
  const resources = amounts(quantities);
  const info = cluster.frameworks.get(frameworkId)?.info;
  const isSeen = see.VIEW_FRAMEWORK === undefined || (info && see.VIEW_FRAMEWORK({ framework_info: info }));
  if (!isSeen) return { resources, offers: [] };
  const offers = [...agent.offers.values()].filter(offer => offer.frameworkId === frameworkId);
  return {
    framework_id: frameworkId,
    resources,
    offers: offers.map(({ id, resources, expiresAt }) => ({
      id,
      resources: amounts(resources.quantities()),
      ...(expiresAt !== undefined && { left_seconds: secondsIn(expiresAt - clock.steady()) }),
    })),
  };
}

const secondsIn = (ms: number) => Math.max(0, Math.ceil(ms / 1000));
