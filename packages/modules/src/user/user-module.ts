/** The types of what a user's module exports, see docs/writing-a-module.md. */
import type { FetchPlugin, Isolator, SecretResolver } from '@meseta/containers/isolators';
import type { AuthenticationResult, Credential, Realm } from '@meseta/daemon';
import type { Hook } from '../hook.ts';
import type { QoSController, ResourceEstimator } from '../oversubscription/oversubscription.ts';
import type { ModuleAllocator } from './module-allocator.ts';
import type { ModuleAuthorizer } from './module-authorizer.ts';
import type { ModuleContender, ModuleDetector } from './module-election.ts';

/** The parameters of the module in `--modules`, by key. */
export type ModuleParameters = Readonly<Record<string, string>>;

/** An isolator of a module. Its name is that of the module. */
export type ModuleIsolator = Omit<Isolator, 'name'>;

/** A fetcher of a module. Its name is that of the module. */
export type ModuleFetcher = Omit<FetchPlugin, 'name'>;

/** Says which secrets principals have, by which agents and v0 frameworks authenticate. */
export interface ModuleAuthenticator {
  /** Returns undefined when there is no such principal. */
  secretOf(principal: string): string | undefined | Promise<string | undefined>;
}

/** What an authenticatee gets to choose by. */
export interface AuthenticationContext {
  /** The leading master, `ip:port`. */
  readonly master: string;
  /** What the file of `--credential` contains, if there is one. */
  readonly credential?: Credential;
}

/** Says by which principal and secret an agent authenticates with its master. */
export interface ModuleAuthenticatee {
  /**
   * Called for each try to authenticate, so that a secret may change while the agent runs. A try takes a few seconds
   * (`--authentication_timeout_min`); what is returned later counts for nothing, and what is thrown is tried again.
   */
  credential(context: AuthenticationContext): Credential | Promise<Credential>;
}

/** What an HTTP authenticator of a module gets of a request. */
export interface ModuleRequest {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The address of the client. */
  readonly peer: { readonly address: string; readonly port: number };
}

/** An HTTP authenticator of a module. */
export interface ModuleHttpAuthenticator {
  /** The name of its scheme, as in `WWW-Authenticate`. Default: the name of the module. */
  readonly scheme?: string;
  /** Finds out who sends a request. */
  authenticate(request: ModuleRequest, realm: Realm): AuthenticationResult | Promise<AuthenticationResult>;
}

/** What a module of each kind creates. */
interface Created {
  readonly hook: Hook;
  readonly isolator: ModuleIsolator;
  readonly resource_estimator: ResourceEstimator;
  readonly qos_controller: QoSController;
  readonly secret_resolver: SecretResolver;
  readonly authorizer: ModuleAuthorizer;
  readonly authenticator: ModuleAuthenticator;
  readonly http_authenticator: ModuleHttpAuthenticator;
  readonly authenticatee: ModuleAuthenticatee;
  readonly master_contender: ModuleContender;
  readonly master_detector: ModuleDetector;
  readonly allocator: ModuleAllocator;
  readonly fetcher: ModuleFetcher;
}

/** What a module can be. */
export type ModuleKind = keyof Created;

/** A module of some kind. The daemon does not start when `create` throws. */
interface ModuleOf<Kind extends ModuleKind> {
  readonly kind: Kind;
  create(parameters: ModuleParameters): Created[Kind] | Promise<Created[Kind]>;
}

/** A module of any kind. */
export type UserModule = { [Kind in ModuleKind]: ModuleOf<Kind> }[ModuleKind];

/** The default export of the file that `--modules` names: modules by name. */
export type UserModules = Readonly<Record<string, UserModule>>;
