export {
  /** @public Measured by a benchmark. */
  Allocator,
} from './allocator/index.ts';
export { masterFlags, masterRules } from './flags.ts';
export { type RunningMaster, startMaster } from './main.ts';
