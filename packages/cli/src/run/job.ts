import type { Offer } from '@meseta/protocol';
import type { Amounts } from '@meseta/resources';
import type { FileSource } from '../sandbox/file-source.ts';
import type { Interrupts } from './interrupts.ts';
import type { Launch } from './launch.ts';
import type { Reporter } from './reporter.ts';

/** What to run, and how to print it. */
export interface Job {
  readonly role: string;
  readonly launch: Launch;
  readonly wanted: Amounts;
  readonly reporter: Reporter;
  readonly interrupts: Interrupts;
  /** How long the master keeps the task when the framework is disconnected. */
  readonly failoverSeconds: number;
}

/** The cluster that the task runs on. */
export interface Place {
  /**
   * Returns the origin of the leading master; asked again after each loss of it.
   *
   * @throws {Error} when none leads.
   */
  locate(signal: AbortSignal): Promise<string>;
  /** A text for people, which follows the agent's host. */
  readonly words: string;
  /** There will be no better offer than the first. */
  readonly onlyOffer?: boolean;
  /** The URI of the task's standard input, which is not printed. */
  readonly inputUri?: string;
  /** Returns the source of the output of a task on this offer; undefined when the output is not wanted. */
  filesOf(offer: Offer): FileSource | undefined;
}
