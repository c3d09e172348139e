import type { ProcessId } from '@meseta/system';

/** The process above all of a container's (see shim.pl), which may have looked after others before. */
export interface Shim extends ProcessId {
  /** Clock ticks of processor time of those others: they are among the shim's children to the kernel. */
  readonly userBefore: number;
  readonly systemBefore: number;
}
