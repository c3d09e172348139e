export type { Amount } from './amounts.ts';
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
export { type ResourcesView, resourcesView } from './endpoint.ts';
export { InvalidResourceError, ResourceParseError } from './errors.ts';
export type { Kind } from './kind.ts';
export { checkCommandLineResources, parseResourceList, parseResources } from './parse.ts';
export { printResource } from './print.ts';
export { type Entry, Resources } from './resources.ts';
export { ancestorRoles, isStrictSubrole, roleProblem, topLevelRole } from './roles.ts';
export { fromThousandths, toThousandths } from './scalars.ts';
export { resourceProblem, resourcesProblem } from './validate.ts';
export { parseValue } from './values.ts';
