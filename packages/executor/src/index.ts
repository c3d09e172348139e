export { type Environment, hookEnvironment, readSettings } from './config/configuration.ts';
export { type HookConfiguration, readHookConfiguration } from './config/hook-settings.ts';
export type { Settings } from './config/settings.ts';
export { createHooks, type HooksHost } from './hooks/create-hooks.ts';
export { runExecutor } from './standalone/run.ts';
export type { OwnWords } from './standalone/task-command.ts';
