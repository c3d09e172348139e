/** Weights of roles: set by an operator, kept in the registry, first taken from `--weights`. */
import { HttpError } from '@meseta/process';
import type { WeightInfo } from '@meseta/protocol';
import { roleProblem } from '@meseta/resources';
import type { MasterContext } from '../context.ts';
import { updateConcerns } from '../registrar/concerns.ts';
import type { RegistryOperation } from '../registrar/operation.ts';
import { isKnownRole, rescindAllOffers } from './roles.ts';

/** All weights that were ever set; other roles have 1. */
export function weights({ registrar }: MasterContext): WeightInfo[] {
  return registrar.registry.concerns.weights.map(({ info }) => info);
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
    if (problem !== undefined) throw new HttpError(400, `Failed to validate update weights request JSON${problem}`);
  }
  await context.registrar.apply(updateWeightsOperation(trimmed));
  context.log.info('Updated weights', { weights: trimmed });
  allocateByWeights(context);
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

/** Replaces the weights of the named roles, of the last when one is named twice. */
function updateWeightsOperation(infos: readonly WeightInfo[]): RegistryOperation {
  return updateConcerns('Update weights', concerns => {
    const all = new Map(concerns.weights.map(({ info }) => [info.role, info]));
    for (const info of infos) all.set(info.role, info);
    return { weights: [...all.values()].map(info => ({ info })) };
  });
}

function allocateByWeights(context: MasterContext): void {
  context.allocation.updateWeights(new Map(weights(context).map(({ role, weight }) => [role ?? '*', weight])));
}

/** Takes over the weights of the recovered registry; those of `--weights` when it has none. */
export async function recoverWeights(context: MasterContext): Promise<void> {
  const { flags, registrar, log } = context;
  const given = Object.entries(flags.weights ?? {}).map(([role, weight]) => ({ role, weight }));
  if (registrar.registry.concerns.weights.length === 0) {
    if (given.length > 0) await registrar.apply(updateWeightsOperation(given));
  } else if (given.length > 0) {
    log.warning('Ignored --weights: the registry has weights that were set through the API');
  }
  allocateByWeights(context);
}
