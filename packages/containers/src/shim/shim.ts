import type { ProcessId } from '@meseta/system';

/** The process above all processes of a container (see shim.pl). It may have had other containers before. */
export interface Shim extends ProcessId {
  /**
   * The processor time of those earlier containers in clock ticks: to the kernel, they are among the shim's children.
   */
  readonly userBefore: number;
  readonly systemBefore: number;
}
