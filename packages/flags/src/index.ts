export { formatBytes, parseBytes } from './bytes.ts';
export {
  type CommonFlags,
  commonRules,
  generalFlags,
  httpFlags,
  loggingFlags,
  moduleFlags,
  networkFlags,
} from './common.ts';
export { formatDuration, parseDuration } from './duration.ts';
export {
  asksNothing,
  atLeast,
  atMost,
  builtItemsOnly,
  builtOnly,
  eachOf,
  type Flag,
  type FlagRule,
  type FlagStatus,
  type FlagTable,
  type FlagValues,
  group,
  notEmpty,
  oneOf,
  oneOfBuiltIn,
  positive,
} from './flag.ts';
export { flagsMarkdown, helpText } from './help.ts';
export { FlagError, type ParsedFlags, parseFlags } from './parse.ts';
export { type Start, type StartOptions, startWithFlags } from './start.ts';
export type { FlagType, Rate, SecurePathOrValue } from './types.ts';
export * as flagTypes from './types.ts';
