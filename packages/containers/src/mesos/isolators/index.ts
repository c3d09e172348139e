/**
 * The types that modules of isolators and fetchers implement. Does not load what containers need to run, because masters load it, too.
 */
export { containerKey } from '../../container-id.ts';
export { type FetchBy, type FetchContext, type FetchPlugin, ownSchemes } from '../../fetcher/plugin.ts';
export type { ResourceLimits } from '../../resource-limits.ts';
export type { SecretResolver } from '../secrets.ts';
export type { Isolator } from './isolator.ts';
export { mergeVariables } from './merge-launch-info.ts';
