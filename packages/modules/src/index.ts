export { CommandError, type CommandErrorCode, ModuleError, type ModuleErrorCode } from './errors.ts';
export type { Hook, HookPoint, TaskStatusDecoration } from './hook.ts';
export { HookError, HookManager, hookPoints, type NamedHook } from './hook-manager.ts';
export { loadModules, type ModuleFlags, type ModuleOptions, ModuleRegistry } from './modules.ts';
export type { ModuleIsolator, ModuleParameters, UserModule, UserModules } from './user/user-module.ts';
