import { DrfSorter } from './drf.ts';
import { RandomSorter } from './random.ts';
import type { SorterFactory } from './sorter.ts';

export type { Sorter, SorterFactory, SorterOptions } from './sorter.ts';

/** Values of `--role_sorter` and `--framework_sorter`. */
export const sorters: Record<'drf' | 'random', SorterFactory> = {
  drf: options => new DrfSorter(options),
  random: options => new RandomSorter(options),
};
