/** The messages of an authentication by SASL, as both sides exchange them. */
import {
  AuthenticateMessage,
  AuthenticationCompletedMessage,
  AuthenticationErrorMessage,
  AuthenticationFailedMessage,
  AuthenticationMechanismsMessage,
  AuthenticationStartMessage,
  AuthenticationStepMessage,
  type MessageType,
} from '@meseta/protocol';

/** What each kind of message is. */
export interface SaslBodies {
  /** Client to server, and the only one to the server's own actor: names the process that is to be authenticated. */
  authenticate: AuthenticateMessage;
  /** Server to client: what the client may choose from. */
  mechanisms: AuthenticationMechanismsMessage;
  /** Client to server. */
  start: AuthenticationStartMessage;
  /** Both: a challenge, and its answer. */
  step: AuthenticationStepMessage;
  completed: AuthenticationCompletedMessage;
  /** The answer was wrong. */
  failed: AuthenticationFailedMessage;
  /** The client, or the server, cannot go on. */
  error: AuthenticationErrorMessage;
}

/** The kinds. */
export type SaslKind = keyof SaslBodies;

/** One message of these kinds. */
export type SaslMessage<Kind extends SaslKind = SaslKind> = {
  readonly [Each in Kind]: { readonly kind: Each; readonly body: SaslBodies[Each] };
}[Kind];

/** Their types on the wire. */
export const saslTypes: { readonly [Kind in SaslKind]: MessageType<SaslBodies[Kind]> } = {
  authenticate: AuthenticateMessage,
  mechanisms: AuthenticationMechanismsMessage,
  start: AuthenticationStartMessage,
  step: AuthenticationStepMessage,
  completed: AuthenticationCompletedMessage,
  failed: AuthenticationFailedMessage,
  error: AuthenticationErrorMessage,
};
