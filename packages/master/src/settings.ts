/** What operators set for the whole cluster, taken up when a master starts: weights, quotas, the whitelist. */
import { isDeepStrictEqual } from 'node:util';
import type { QuotaConfig, WeightInfo } from '@meseta/protocol';
import type { MasterContext } from './context.ts';
import type { RegistryConcerns } from './registrar/registry-state.ts';
import { watchWhitelist } from './whitelist.ts';

/**
 * Gives the allocation what the registry and the flags say. With quotas, offers wait until agents are back.
 *
 * @returns stops watching the whitelist.
 */
export async function restoreSettings(context: MasterContext): Promise<() => void> {
  const { allocation, registrar } = context;
  const set = weights(context);
  if (set.length > 0) allocation.updateWeights(new Map(set.map(({ role, weight }) => [role ?? '*', weight])));
  const quotas = storedQuotas(context);
  for (const config of quotas) allocation.updateQuota(config);
  if (quotas.length > 0) allocation.awaitAgents(registrar.registry.agents.size);
  return watchWhitelist(context);
}

/** Returns the weights of roles in the registry. Other roles have 1. */
export function weights({ registrar }: MasterContext): WeightInfo[] {
  return registrar.registry.concerns.weights.map(({ info }) => info);
}

/**
 * Returns the weights of `--weights` for a registry that has none yet. From then on those of the registry count, also when
 * the flag says something else: they may have been changed by an operator.
 *
 * @see Mesos src/master/master.cpp, Master::_recover
 */
export function firstWeights(
  { flags, log }: MasterContext,
  { weights: stored }: Readonly<RegistryConcerns>,
): Pick<RegistryConcerns, 'weights'> | undefined {
  if (flags.weights === undefined) return undefined;
  const given = Object.entries(flags.weights).map(([role, weight]) => ({ info: { role, weight } }));
  if (stored.length === 0) return { weights: given };
  const isSame = given.every(({ info }) => stored.some(each => isDeepStrictEqual(each.info, info)));
  if (!isSame) {
    log.warning(
      'Ignored --weights: the registry has the weights of an earlier start, or of an operator. To change them, use UPDATE_WEIGHTS, as meseta weights set does',
    );
  }
  return undefined;
}

/** Returns the quotas in the registry, those of before there were limits too. */
function storedQuotas({ registrar }: MasterContext): QuotaConfig[] {
  const { quotas, quota_configs } = registrar.registry.concerns;
  const old = quotas.map(({ info }): QuotaConfig => {
    const scalars = (info.guarantee ?? []).flatMap(({ name, scalar }) => (scalar ? [[name, scalar] as const] : []));
    const amounts = Object.fromEntries(scalars);
    return { role: info.role ?? '*', guarantees: amounts, limits: amounts };
  });
  return [...old, ...quota_configs];
}
