/** What modules implement and use of isolation, without what containers need to run: masters load it, too. */
export { containerKey } from '../../container-id.ts';
export type { Isolator, ResourceLimits } from './isolator.ts';
export { IsolatorChain } from './isolator-chain.ts';
export { mergeVariables } from './merge-launch-info.ts';
