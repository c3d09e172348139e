/** What operators set for the whole cluster, taken up when a master starts: weights, quotas, the whitelist. */
import type { WeightInfo } from '@meseta/protocol';
import type { MasterContext } from './context.ts';
import { watchWhitelist } from './whitelist.ts';

/**
 * Gives the allocation what the registry and the flags say.
 *
 * @returns stops watching the whitelist.
 */
export function restoreSettings(context: MasterContext): () => void {
  const { allocation, registrar } = context;
  const { quotas, quota_configs } = registrar.registry.concerns;
  const set = weights(context);
  if (set.length > 0) allocation.updateWeights(new Map(set.map(({ role, weight }) => [role ?? '*', weight])));
  for (const { info } of quotas) {
    const scalars = (info.guarantee ?? []).flatMap(({ name, scalar }) => (scalar ? [[name, scalar] as const] : []));
    const amounts = Object.fromEntries(scalars);
    allocation.updateQuota({ role: info.role ?? '*', guarantees: amounts, limits: amounts });
  }
  for (const config of quota_configs) allocation.updateQuota(config);
  return watchWhitelist(context);
}

/** Weights that were set through the API; those of `--weights` until then. Other roles have 1. */
export function weights({ registrar, flags }: MasterContext): WeightInfo[] {
  const stored = registrar.registry.concerns.weights;
  if (stored.length > 0) return stored.map(({ info }) => info);
  return Object.entries(flags.weights ?? {}).map(([role, weight]) => ({ role, weight }));
}
