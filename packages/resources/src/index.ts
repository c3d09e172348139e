export {
  attributeIncludes,
  attributesEqual,
  attributesView,
  parseAttributes,
  printAttributes,
} from './attributes.ts';
export {
  convertMessage,
  convertResources,
  DowngradeError,
  mapResources,
  stripAllocation,
  toEndpoint,
  upgrade,
} from './convert.ts';
export { agentResources } from './detect.ts';
export { resourcesView } from './endpoint.ts';
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
export { parseResourceList } from './parse.ts';
export { isPorts } from './ports.ts';
export {
  type Amounts,
  addQuantities,
  containsQuantities,
  type Limits,
  noQuantities,
  parseMinAllocatable,
  type Quantities,
  quantitiesOf,
  subtractQuantities,
} from './quantities.ts';
export { Resources } from './resources.ts';
export { ancestorRoles, isStrictSubrole, roleProblem, topLevelRole } from './roles.ts';
export { fromThousandths, toThousandths } from './scalars.ts';
export { resourceProblem, resourcesProblem } from './validate.ts';
