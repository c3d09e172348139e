/** What operators set for the whole cluster, taken up when a master starts: weights, quotas, the whitelist. */
import type { MasterContext } from './context.ts';
import { watchWhitelist } from './whitelist.ts';

/**
 * Gives the allocation what the registry and the flags say.
 *
 * @returns stops watching the whitelist.
 */
export function restoreSettings(context: MasterContext): () => void {
  const { allocation, flags, registrar } = context;
  const { weights, quotas, quota_configs } = registrar.registry.concerns;
  // Weights of the registry were set through the API: from then on the flag no longer counts.
  const stored = weights.map(({ info }) => [info.role ?? '*', info.weight] as const);
  const effective = stored.length > 0 ? stored : Object.entries(flags.weights ?? {});
  if (effective.length > 0) allocation.updateWeights(new Map(effective));
  for (const { info } of quotas) {
    const scalars = (info.guarantee ?? []).flatMap(({ name, scalar }) => (scalar ? [[name, scalar] as const] : []));
    const amounts = Object.fromEntries(scalars);
    allocation.updateQuota({ role: info.role ?? '*', guarantees: amounts, limits: amounts });
  }
  for (const config of quota_configs) allocation.updateQuota(config);
  return watchWhitelist(context);
}
