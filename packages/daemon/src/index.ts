export {
  type AccessControl,
  type Authentication,
  type Filter,
  type Filters,
  openAccess,
  type Realm,
  unfiltered,
} from './access/access-control.ts';
export { type AccessObjects, type Action, type Question, whole } from './access/actions.ts';
export {
  type Access,
  type Asking,
  allows,
  asks,
  asksOneOf,
  type Open,
  open,
} from './access/entry.ts';
export { settled } from './access/settled.ts';
export { shown } from './access/shown.ts';
export { AddressError, type AddressFlags, type DaemonAddress, daemonAddress, openToAll } from './address.ts';
export { BoundedHistory } from './bounded-history.ts';
export { type Clock, every, type ScopedClock, scopedClock, systemClock } from './clock.ts';
export { DirectoryError, type DirectoryUse, takeDirectory } from './directory.ts';
export { fileContent } from './files/content.ts';
export { FilesError, type FilesErrorCode } from './files/error.ts';
export { type Download, Files, type MayRead, type Mount, maxReadBytes } from './files/files.ts';
export { modeText } from './files/mode.ts';
export { formatBytes, parseBytes } from './flags/bytes.ts';
export {
  type CommonFlags,
  commonRules,
  generalFlags,
  httpFlags,
  loggingFlags,
  moduleFlags,
  networkFlags,
} from './flags/common.ts';
export { formatDuration, parseDuration } from './flags/duration.ts';
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
} from './flags/flag.ts';
export { flagsMarkdown, helpText } from './flags/help.ts';
export { FlagError, type ParsedFlags, parseFlags } from './flags/parse.ts';
export { type Start, type StartOptions, startWithFlags } from './flags/start.ts';
export type { FlagType, Rate, SecurePathOrValue } from './flags/types.ts';
export * as flagTypes from './flags/types.ts';
export { type AdmissionFlags, daemonAdmission } from './http/admission.ts';
export { firewallGuard } from './http/firewall.ts';
export { flagsRoute } from './http/flags.ts';
export { healthRoute } from './http/health.ts';
export { type ActorRoute, endpointMarkdown } from './http/help.ts';
export {
  asksFor,
  changes,
  type DaemonGuard,
  type DaemonRoute,
  DaemonRouter,
  type Deed,
  deed,
  defersTo,
  openTo,
  shows,
  showsAt,
  type Way,
  waysOf,
} from './http/router.ts';
export { addSharedRoutes, type SharedRoutes } from './http/shared-routes.ts';
export type { Fields, Severity } from './log/format.ts';
export { createLogger, type Logger, type LogOptions, silentLogger } from './log/logger.ts';
export { isSecretName, redact, redacted, redactUrl } from './log/redact.ts';
export { startFields } from './log/start-fields.ts';
export { Verbosity } from './log/verbosity.ts';
export { type ProbeOptions, probeMaster } from './master-probe/probe.ts';
export type { PeerKind, Verdict } from './master-probe/verdict.ts';
export type { Counter, Gauge, Histogram, Metric, Timer } from './metrics/metric.ts';
export { Metrics } from './metrics/metrics.ts';
export { ScopedMetrics } from './metrics/scoped-metrics.ts';
export { addEventLoopMetrics, addSystemMetrics, type SystemStats, systemStats } from './metrics/system.ts';
export { networkProblem } from './network-problem.ts';
export { type CommonCallContext, commonCalls } from './operator-api/common-calls.ts';
export { encodeInPieces } from './operator-api/encode-in-pieces.ts';
export {
  type ApiWords,
  type AskingContext,
  answerCall,
  askAndAnswer,
  type CallAnswer,
  type CallSyntax,
  type CallTable,
  type Encoding,
  messageResponse,
  type OperatorApi,
  type OperatorCall,
  readCall,
  showing,
} from './operator-api/operator-call.ts';
export { answerOf } from './processes/answer.ts';
export {
  allPids,
  isAlive,
  Pace,
  type Process,
  type ProcessId,
  parseStat,
  readProcess,
  signalProcess,
} from './processes/proc.ts';
export { descendants, signalTree } from './processes/process-tree.ts';
export { findStrays, type Kin } from './processes/strays.ts';
export { handleShutdown, type Shutdown, type ShutdownReason } from './shutdown.ts';
export { makeTemporaryDirectory, TemporaryDirectoryError } from './temporary-directory.ts';
export { ready, type Steps, TurnQueue } from './turn-queue.ts';
export { userName } from './user-name.ts';
export { lookupUser, switchTo, type User, UserError } from './users.ts';
export { mesosVersion, productVersion, type VersionInfo, versionInfo } from './version.ts';
export { jsonPieces, type Lazily, listed } from './views/json-pieces.ts';
export { seenFrameworks, seenRoles, seenTasks, seesOperation, seesResource } from './views/seen.ts';
export { commandView, labelsView, roleOf, taskView } from './views/task.ts';
