export { parseOrigin } from './address.ts';
export { AgentStreams } from './agent-streams.ts';
export {
  type ClientAccess,
  type Credential,
  /** @public */
  CredentialError,
  headersOf,
  readCredential,
} from './credential.ts';
export { exitCodeOfRefusal, exitCodeOfStatus } from './exit-code.ts';
export { InputQueue } from './input-queue.ts';
export {
  /** @public */
  type FindOptions,
  type LeaderFinder,
  /** @public */
  type LeaderOptions,
  leaderOf,
  mastersOf,
  /** @public */
  NoLeaderError,
} from './leader.ts';
export { loginShell } from './login-shell.ts';
export { AgentClient, MasterClient } from './operator-client.ts';
