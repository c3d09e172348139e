export { Allocator, type AllocatorOptions } from './allocator/index.ts';
export { type MasterFlags, masterFlags, masterRules } from './flags.ts';
export { type MasterOptions, type RunningMaster, startMaster } from './main.ts';
