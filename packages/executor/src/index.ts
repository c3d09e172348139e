export { hookEnvironment } from './config/configuration.ts';
export { type HookConfiguration, readHookConfiguration } from './config/hook-settings.ts';
export { createHooks } from './hooks/create-hooks.ts';
export { commandExecutorPath } from './standalone/command-executor.ts';
export { runExecutor } from './standalone/run.ts';
