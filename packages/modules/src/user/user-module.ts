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

/** A module. The daemon does not start when `create` throws. */
export type UserModule =
  | { readonly kind: 'hook'; create(parameters: ModuleParameters): Hook | Promise<Hook> }
  | { readonly kind: 'isolator'; create(parameters: ModuleParameters): ModuleIsolator | Promise<ModuleIsolator> }
  | {
      readonly kind: 'resource_estimator';
      create(parameters: ModuleParameters): ResourceEstimator | Promise<ResourceEstimator>;
    }
  | { readonly kind: 'qos_controller'; create(parameters: ModuleParameters): QoSController | Promise<QoSController> }
  | {
      readonly kind: 'secret_resolver';
      create(parameters: ModuleParameters): SecretResolver | Promise<SecretResolver>;
    }
  | {
      readonly kind: 'authorizer';
      create(parameters: ModuleParameters): ModuleAuthorizer | Promise<ModuleAuthorizer>;
    }
  | {
      readonly kind: 'authenticator';
      create(parameters: ModuleParameters): ModuleAuthenticator | Promise<ModuleAuthenticator>;
    }
  | {
      readonly kind: 'http_authenticator';
      create(parameters: ModuleParameters): ModuleHttpAuthenticator | Promise<ModuleHttpAuthenticator>;
    }
  | {
      readonly kind: 'authenticatee';
      create(parameters: ModuleParameters): ModuleAuthenticatee | Promise<ModuleAuthenticatee>;
    }
  | {
      readonly kind: 'master_contender';
      create(parameters: ModuleParameters): ModuleContender | Promise<ModuleContender>;
    }
  | {
      readonly kind: 'master_detector';
      create(parameters: ModuleParameters): ModuleDetector | Promise<ModuleDetector>;
    }
  | { readonly kind: 'allocator'; create(parameters: ModuleParameters): ModuleAllocator | Promise<ModuleAllocator> }
  | { readonly kind: 'fetcher'; create(parameters: ModuleParameters): ModuleFetcher | Promise<ModuleFetcher> };

/** What a module can be. */
export type ModuleKind = UserModule['kind'];

/** The default export of the file that `--modules` names: modules by name. */
export type UserModules = Readonly<Record<string, UserModule>>;
