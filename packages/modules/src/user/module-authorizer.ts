/** What an authorizer module is. */
import type { AccessObjects, Action } from '@meseta/daemon';
import type { Principal } from '@meseta/process';

/** One question of a daemon to an authorizer. */
export type AuthorizationRequest<A extends Action = Action> = {
  readonly [Each in A]: {
    /** Who asks; absent when it is not known. */
    readonly subject?: Principal;
    readonly action: Each;
    readonly object: AccessObjects[Each];
  };
}[A];

/** What may be seen in a view: everything, nothing, or objects with these roles or users. */
export type Seen = boolean | { readonly values: readonly string[] };

/** An authorizer of a module. */
export interface ModuleAuthorizer {
  /** Tells whether the subject may perform the action on the object. */
  authorized(request: AuthorizationRequest): boolean | Promise<boolean>;
  /**
   * Tells what a subject may see in a view, where one question for each object would take too long. `values` are what
   * the rules of `--acls` name for the action: users, or roles. Absent: views show nothing that has a VIEW action.
   */
  seen?(request: { readonly subject?: Principal; readonly action: Action }): Seen | Promise<Seen>;
}
