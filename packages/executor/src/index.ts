export {
  type CommandTask,
  type CommandTaskEffect,
  type CommandTaskInput,
  type CommandTaskOptions,
  type CommandTaskUpdate,
  defaultGraceMs,
  newCommandTask,
  recoverCommandTask,
  step as stepCommandTask,
  type Timer,
} from './supervision/command-task.ts';
export { type CommandExit, describeSignal, exitMessage } from './supervision/exit-message.ts';
