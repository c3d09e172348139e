/** Weights of roles: set by an operator, kept in the registry. */
import { type Filters, shown } from '@meseta/daemon';
import { HttpError } from '@meseta/process';
import type { WeightInfo } from '@meseta/protocol';
import { roleProblem } from '@meseta/resources';
import type { MasterContext } from '../context.ts';
import { updateConcerns } from '../registrar/concerns.ts';
import { weights } from '../settings.ts';
import { isKnownRole, rescindAllOffers } from './roles.ts';

/** Weights of roles that may be seen. */
export function seenWeights(context: MasterContext, see: Filters<'VIEW_ROLE'>): WeightInfo[] {
  return [...shown(weights(context), see.VIEW_ROLE, ({ role = '*' }) => ({ value: role }))];
}

/**
 * Sets the weights of some roles. Offers are taken back when one of the roles is in use.
 *
 * @throws {HttpError} 400 for a role or a weight that cannot be.
 * @see Mesos src/master/weights_handler.cpp
 */
export async function updateWeights(context: MasterContext, infos: readonly WeightInfo[]): Promise<void> {
  const trimmed = infos.map(info => ({ ...info, role: (info.role ?? '').trim() }));
  for (const info of trimmed) {
    const problem = weightProblem(context, info.role, info.weight);
    if (problem !== undefined)
      throw new HttpError('CALL_INVALID', `Failed to validate update weights request JSON${problem}`);
  }
  const all = new Map([...weights(context), ...trimmed].map(info => [info.role ?? '*', info]));
  const stored = [...all.values()].map(info => ({ info }));
  await context.registrar.apply(updateConcerns('Update weights', () => ({ weights: stored })));
  context.log.info('Updated weights', { weights: trimmed });
  context.allocation.updateWeights(new Map(weights(context).map(({ role, weight }) => [role ?? '*', weight])));
  const changed = new Set(trimmed.map(({ role }) => role));
  const inUse = [...context.cluster.frameworks.values()].some(({ roles }) => roles.some(role => changed.has(role)));
  if (inUse) rescindAllOffers(context);
}

function weightProblem(context: MasterContext, role: string, weight: number): string | undefined {
  const problem = roleProblem(role);
  if (problem !== undefined) return `: Invalid role '${role}': ${problem}`;
  if (!isKnownRole(context, role)) return `: Unknown role '${role}'`;
  if (weight > 0 && Number.isFinite(weight)) return undefined;
  return ` for role '${role}': Invalid weight '${weight}': Weights must be positive`;
}
