/** `/allocation/explain`: for a framework and a size, every reason on every agent, grouped. */
import { listed, seenFrameworks, shown } from '@meseta/daemon';
import { HttpError } from '@meseta/process';
import type { MasterContext } from '../context.ts';
import { isBuiltIn } from '../run/identity.ts';
import type { Framework } from '../state/framework.ts';
import { amounts } from '../views/values.ts';
import { agentReasons, type ExplainedAgent, explainedAgents } from './agent-reasons.ts';
import { Details, type ExplanationFilters, type ReasonDetails } from './details.ts';
import { type CountedReason, type Group, Groups } from './groups.ts';
import type { ExplanationQuestion } from './question.ts';
import { blocks, type Reason } from './reason.ts';
import { particulars } from './sentences.ts';

/** How many roles of a framework are explained at once. */
const mostRoles = 20;

/** What an answer shows of the agents of one role. */
interface RoleExplanation {
  readonly role: string;
  readonly agents: number;
  /** Those without a reason that blocks: the next allocation may offer them, with the size that was asked for. */
  readonly offerable: number;
  readonly groups: readonly Group[];
}

/** An agent with all its reasons. */
interface ListedAgent {
  readonly agent_id: string;
  readonly hostname?: string;
  readonly region?: string;
  readonly reasons: readonly (ReasonDetails & {
    readonly role: string;
    readonly blocks: boolean;
    readonly text: string;
  })[];
}

/** An answer before it is encoded. */
export interface Explanation {
  readonly framework: Framework;
  readonly size: Readonly<Record<string, number>>;
  readonly agents: number;
  readonly roles: readonly RoleExplanation[];
  readonly rolesLeftOut: number;
  readonly list: { readonly matched: number; readonly offset: number; readonly agents: readonly ListedAgent[] };
}

/**
 * Explains in steps, an agent for a role in each, because there may be many thousands: each as it is when its turn comes.
 *
 * @param isWanted false when the one who asked has gone: the rest is left out.
 * @throws {HttpError} 404 for a framework or an agent that is unknown, or may not be seen; 403 for such a role.
 */
export function* explanationInSteps(
  context: MasterContext,
  question: ExplanationQuestion,
  see: ExplanationFilters,
  isWanted: () => boolean = () => true,
): Generator<void, Explanation> {
  const framework = frameworkOf(context, question, see);
  const { roles, leftOut } = rolesOf(framework, question, see);
  const agents = agentsOf(context, question);
  const size = amounts(question.size);
  const details = new Details(context, see);
  const explained = roles.map(role => ({
    ...{ role, groups: new Groups(size, { withIds: question.withIds, isBuiltIn: isBuiltIn(framework) }) },
    reasonsOf: agentReasons(context, framework, role, question.size),
  }));
  const { reason, offset, limit } = question.list;
  const list: ListedAgent[] = [];
  let matched = 0;
  for (const agent of agents) {
    const byRole: { readonly role: string; readonly counted: readonly CountedReason[] }[] = [];
    for (const { role, groups, reasonsOf } of explained) {
      // Between any two roles, too: what is asked first about a role looks at all agents.
      yield;
      const counted = countedReasons(reasonsOf(agent), details, agent);
      groups.add(agent, counted);
      byRole.push({ role, counted });
    }
    if (!isWanted()) break;
    if (limit === 0 || !byRole.some(({ counted }) => matches(counted, reason))) continue;
    if (matched++ >= offset && list.length < limit) list.push(listedAgent(agent, byRole));
  }
  return {
    ...{ framework, size, agents: agents.length, rolesLeftOut: leftOut },
    roles: explained.map(({ role, groups }) => ({
      ...{ role, agents: groups.agents, offerable: groups.offerable, groups: groups.sorted() },
    })),
    list: { matched, offset, agents: list },
  };
}

/** Returns an answer in JSON, whose long lists are encoded piece by piece. */
export function explanationView(explanation: Explanation, { list: { limit } }: ExplanationQuestion): object {
  const { framework, size, agents, roles, rolesLeftOut, list } = explanation;
  return {
    ...{ framework_id: framework.id, framework_name: framework.info.name, size, agents },
    roles: listed(roles, role => ({ ...role, groups: listed(role.groups, groupView) })),
    ...(rolesLeftOut > 0 && { roles_left_out: rolesLeftOut }),
    ...(limit > 0 && { list: { ...list, agents: listed(list.agents, agent => agent) } }),
  };
}

function groupView({ agent_ids, ...group }: Group): object {
  return { ...group, ...(agent_ids && { agent_ids: listed(agent_ids, id => id) }) };
}

function frameworkOf(
  { cluster }: MasterContext,
  { frameworkId }: ExplanationQuestion,
  see: ExplanationFilters,
): Framework {
  const found = cluster.frameworks.get(frameworkId);
  const [framework] = seenFrameworks(found ? [found] : [], see);
  if (framework) return framework;
  throw new HttpError('FRAMEWORK_UNKNOWN', `There is no framework '${frameworkId.slice(0, 200)}' that you may see`);
}

function rolesOf(framework: Framework, { role }: ExplanationQuestion, see: ExplanationFilters) {
  const all = role === undefined ? framework.roles : [role];
  const seen = [...shown(all, see.VIEW_ROLE, value => ({ value }))];
  if (role !== undefined && seen.length === 0) {
    throw new HttpError('NOT_AUTHORIZED', `Parameter 'role': you may not see the role '${role}'`);
  }
  return { roles: seen.slice(0, mostRoles), leftOut: Math.max(0, seen.length - mostRoles) };
}

function agentsOf(context: MasterContext, { agentId }: ExplanationQuestion): ExplainedAgent[] {
  const all = explainedAgents(context);
  if (agentId === undefined) return all;
  const agent = all.find(({ id }) => id === agentId);
  if (agent) return [agent];
  throw new HttpError('AGENT_NOT_FOUND', `There is no agent '${agentId.slice(0, 200)}'`);
}

function countedReasons(reasons: readonly Reason[], details: Details, agent: ExplainedAgent): CountedReason[] {
  return reasons.flatMap(reason => {
    const seen = details.of(reason, agent);
    return seen ? [{ details: seen, blocks: blocks(reason) }] : [];
  });
}

function matches(counted: readonly CountedReason[], reason: string | undefined): boolean {
  if (reason === undefined) return true;
  if (reason === 'NONE') return !counted.some(each => each.blocks);
  return counted.some(({ details }) => details.reason === reason);
}

function listedAgent(
  { id, hostname, info }: ExplainedAgent,
  byRole: readonly { readonly role: string; readonly counted: readonly CountedReason[] }[],
): ListedAgent {
  const region = info?.domain?.fault_domain?.region.name;
  return {
    agent_id: id,
    ...(hostname !== undefined && { hostname }),
    ...(region !== undefined && { region }),
    reasons: byRole.flatMap(({ role, counted }) =>
      counted.map(({ details, blocks }) => ({ ...details, role, blocks, text: particulars(details) })),
    ),
  };
}
