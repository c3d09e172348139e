import type { AgentState } from './agent-state.ts';
import { competes } from './gates/index.ts';
import type { Judge, Stage } from './judge.ts';
import type { EarlierChooser, LowerShare } from './reason.ts';
import type { Client, RoleState } from './role-state.ts';
import type { Sorter } from './sorter/index.ts';

/** How many of those who choose first are named. */
const mostNamed = 3;

interface Turn {
  readonly client: Client;
  readonly stage: Stage;
}

/**
 * Returns a function that says who may be given something of an agent before a client is, in the order of a run that
 * begins now; undefined: the client chooses first.
 *
 * @param order of the roles.
 */
export function earlierChoosers(
  client: Client,
  order: Sorter<RoleState>,
  judge: Judge,
): (agent: AgentState) => LowerShare | undefined {
  const turns = turnsOf(order, judge);
  return agent => {
    const before: EarlierChooser[] = [];
    for (const { client: other, stage } of turns) {
      const verdict = judge.verdict(other, agent, agent.offerableTo(other), stage);
      if (verdict.stop !== undefined || !competes(other)) continue;
      if (other === client) break;
      if (!before.some(({ frameworkId, role }) => frameworkId === other.framework.id && role === other.role.name))
        before.push(chooser(other, stage, order));
      if (before.length === mostNamed) break;
    }
    if (before.length === 0) return undefined;
    return { reason: 'LOWER_SHARE', before, ...sharesOf(client, order) };
  };
}

/** Returns whose turn it is one after the other: those with unmet guarantees first. */
function turnsOf(order: Sorter<RoleState>, { budget }: Judge): Turn[] {
  const roles = order.sort();
  const turns = (some: readonly RoleState[], stage: Stage) =>
    some.flatMap(role => role.sorter.sort().map(client => ({ client, stage })));
  const unmet = roles.filter(role => budget.hasUnmetGuarantee(role));
  return [...turns(unmet, 'guarantees'), ...turns(roles, 'all')];
}

function chooser(client: Client, stage: Stage, order: Sorter<RoleState>): EarlierChooser {
  const { framework, role } = client;
  const guaranteed = stage === 'guarantees';
  return { frameworkId: framework.id, role: role.name, guaranteed, ...sharesOf(client, order) };
}

function sharesOf({ framework, role }: Client, order: Sorter<RoleState>) {
  const share = role.sorter.has(framework.id) ? role.sorter.share(framework.id) : 0;
  return { share, roleShare: order.has(role.name) ? order.share(role.name) : 0 };
}
