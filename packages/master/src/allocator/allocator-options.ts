import type { Quantities } from '@meseta/resources';
import type { GateOptions } from './gates/index.ts';

/** The settings of an allocator, its clock and its source of randomness. */
export interface AllocatorOptions extends GateOptions {
  /** Milliseconds; only differences matter. */
  readonly now: () => number;
  /** At least 0, below 1. */
  readonly random: () => number;
  readonly allocationIntervalMs: number;
  readonly roleSorter: 'drf' | 'random';
  readonly frameworkSorter: 'drf' | 'random';
  /** `--min_allocatable_resources`: alternatives of which an offer must have one; none lets anything pass. */
  readonly minAllocatable: readonly Quantities[];
  /** `--fair_sharing_excluded_resource_names` */
  readonly excludedNames: ReadonlySet<string>;
}
