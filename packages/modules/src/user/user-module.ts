/** What a module of a user's own exports: the types of docs/writing-a-module.md. */
import type { Isolator } from '@meseta/containers/isolators';
import type { Hook } from '../hook.ts';

/** The parameters of the module in `--modules`, by key. */
export type ModuleParameters = Readonly<Record<string, string>>;

/** An isolator as a module brings it: its name is the module's. */
export type ModuleIsolator = Omit<Isolator, 'name'>;

/** A module. What `create` throws keeps the daemon from starting. */
export type UserModule =
  | { readonly kind: 'hook'; create(parameters: ModuleParameters): Hook | Promise<Hook> }
  | { readonly kind: 'isolator'; create(parameters: ModuleParameters): ModuleIsolator | Promise<ModuleIsolator> };

/** Default export of the file that `--modules` names: modules by the names they have there. */
export type UserModules = Readonly<Record<string, UserModule>>;
