export type { Amount } from './amounts.ts';
export {
  attributesEqual,
  attributesView,
  parseAttributes,
  printAttributes,
  printAttributeValue,
} from './attributes.ts';
export {
  convertMessage,
  convertResources,
  DowngradeError,
  downgrade,
  injectAllocation,
  mapResources,
  type ResourceFormat,
  stripAllocation,
  toEndpoint,
  upgrade,
} from './convert.ts';
export { agentResources, type MachineTotals } from './detect.ts';
export { type ResourcesView, resourcesView } from './endpoint.ts';
export { InvalidResourceError, ResourceParseError } from './errors.ts';
export type { Kind } from './kind.ts';
export {
  applyCheckpointed,
  applyConversions,
  conversionsOf,
  InvalidOperationError,
  needsCheckpointing,
  type ResourceConversion,
  withoutVolume,
} from './operations.ts';
export { checkCommandLineResources, parseResourceList, parseResources } from './parse.ts';
export { printResource } from './print.ts';
export {
  addQuantities,
  containsQuantities,
  type Limits,
  noQuantities,
  parseLimits,
  parseMinAllocatable,
  parseQuantities,
  type Quantities,
  quantitiesOf,
  quantitiesToMessage,
  subtractQuantities,
  withinLimits,
} from './quantities.ts';
export { type Entry, Resources } from './resources.ts';
export { ancestorRoles, isStrictSubrole, roleProblem, topLevelRole } from './roles.ts';
export { fromThousandths, toThousandths } from './scalars.ts';
export { resourceProblem, resourcesProblem } from './validate.ts';
export { parseValue } from './values.ts';
