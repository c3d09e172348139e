export {
  type AccessControl,
  type Authentication,
  type Filter,
  type Filters,
  openAccess,
  type Realm,
  unfiltered,
} from './access/access-control.ts';
export { type AccessObjects, type Action, type Question, type Whole, whole } from './access/actions.ts';
export {
  type Credential,
  type Credentials,
  readCredential,
  readCredentials,
} from './access/credentials.ts';
export {
  type Access,
  type Ask,
  type Asking,
  allows,
  asker,
  asks,
  asksOneOf,
  filtersOf,
  type Open,
  open,
} from './access/entry.ts';
export { withExecutors } from './access/executor-access.ts';
export type {
  AuthenticationResult,
  HttpAuthenticator,
} from './access/http/authenticator.ts';
export { createAuthenticators } from './access/http/create-authenticators.ts';
export { type AuthenticationParts, httpAuthentication } from './access/http/http-authentication.ts';
export { readJwt, signJwt } from './access/http/jwt.ts';
export { withProxyTokens } from './access/http/proxy-authentication.ts';
export { proxyToken, readProxyKey } from './access/http/proxy-token.ts';
export type { Acls } from './access/local-authorizer/acls.ts';
export { aclsFlag } from './access/local-authorizer/acls-flag.ts';
export {
  type AuthorizerReports,
  aclsOf,
  filterByNames,
  localAuthorizer,
} from './access/local-authorizer/local-authorizer.ts';
export { readSecretKey } from './access/secret-key.ts';
export { settled } from './access/settled.ts';
export { shown } from './access/shown.ts';
export { AddressError, type DaemonAddress, daemonAddress, discoverAddress, openToAll } from './address.ts';
export { BoundedHistory } from './bounded-history.ts';
export { fileContent } from './files/content.ts';
export { contentType } from './files/content-type.ts';
export { FilesError } from './files/error.ts';
export { Files, type MayRead, type Mount } from './files/files.ts';
export { modeText } from './files/mode.ts';
export { daemonAdmission } from './http/admission.ts';
export { firewallGuard } from './http/firewall.ts';
export { flagsRoute } from './http/flags.ts';
export { healthRoute } from './http/health.ts';
export {
  asksFor,
  changes,
  type DaemonRoute,
  DaemonRouter,
  defersTo,
  openTo,
  type PreparedChange,
  prepareChange,
  type RouteHandler,
  shows,
  showsAt,
} from './http/router.ts';
export { noteEnd } from './http/session-streams.ts';
export { probeMaster } from './master-probe/probe.ts';
export type { PeerKind, Verdict } from './master-probe/verdict.ts';
export { type CommonCallContext, commonCalls } from './operator-api/common-calls.ts';
export { encodeInPieces } from './operator-api/encode-in-pieces.ts';
export {
  answerCall,
  askAndAnswer,
  type CallSyntax,
  type CallTable,
  type Encoding,
  type OperatorApi,
  type OperatorCall,
  readCall,
  readMessage,
  showing,
} from './operator-api/operator-call.ts';
export { addSharedRoutes } from './shared-routes.ts';
export { handleShutdown } from './shutdown.ts';
export { commandProblem } from './validation/command.ts';
export { containerProblem, sharesCgroups } from './validation/container.ts';
export { jsonPieces, type Lazily, listed } from './views/json-pieces.ts';
export { seenFrameworks, seenRoles, seenTasks, seesOperation, seesResource, seesTask } from './views/seen.ts';
export { commandView, labelsView, roleOf, taskView } from './views/task.ts';
