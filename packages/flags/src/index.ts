export {
  commonRules,
  generalFlags,
  httpFlags,
  loggingFlags,
  moduleFlags,
  networkFlags,
} from './common.ts';
export { closest, suggestion } from './did-you-mean.ts';
export { formatDuration, parseDuration } from './duration.ts';
export {
  asksNothing,
  atLeast,
  atMost,
  builtItemsOnly,
  builtOnly,
  eachOf,
  eachOnce,
  /** @public The type of the entries of a `FlagTable`. */
  type Flag,
  type FlagRule,
  type FlagTable,
  type FlagValues,
  group,
  notEmpty,
  oneName,
  oneOf,
  positive,
} from './flag.ts';
export { flagsMarkdown } from './help.ts';
export {
  /** @public Thrown by `parseFlags`. */
  FlagError,
  type ParsedFlags,
  parseFlags,
} from './parse.ts';
export { startWithFlags } from './start.ts';
export type { FlagType, Rate, SecurePathOrValue } from './types.ts';
export * as flagTypes from './types.ts';
export { checkKeys, type UnknownName, unknownName } from './unknown-fields.ts';
