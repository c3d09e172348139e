/** Reads a task's output, parses it, and passes its entries to Logstash. */
import type { Readable } from 'node:stream';
import { type Clock, endsWithin } from '@meseta/system';
import type { Counters } from '../metrics/counters.ts';
import { readLines } from '../supervision/read-lines.ts';
import { type Fields, formatEntry, wrapLine } from './format.ts';
import type { Logstash } from './logstash.ts';
import { type Parser, parseJsonLine, parseLogfmt } from './parse.ts';

/** The format of a task's log, and where its entries go. */
export interface ServiceLogOptions {
  readonly format: 'logfmt' | 'json';
  /** True: lines that are not in the format are sent as entries, too. False: they are passed to `onOther`. */
  readonly all: boolean;
  readonly ignoredKeys: readonly string[];
  readonly fields: Fields;
  readonly counters: Counters;
  readonly clock: Clock;
  onOther(line: string): void;
}

/**
 * Reads a task's output as fast as it arrives, even when Logstash does not take it, so that the task is never blocked.
 */
export class ServiceLog {
  readonly #logstash: Logstash;
  readonly #options: ServiceLogOptions;
  readonly #parse: Parser;
  readonly #ignored: ReadonlySet<string>;
  #reading: Promise<unknown> = Promise.resolve();
  #streams: Readable[] = [];

  constructor(logstash: Logstash, options: ServiceLogOptions) {
    this.#logstash = logstash;
    this.#options = options;
    this.#parse = options.format === 'json' ? parseJsonLine : parseLogfmt;
    this.#ignored = new Set(options.ignoredKeys);
  }

  attach(...streams: (Readable | null)[]): void {
    this.#streams = streams.filter(stream => stream !== null);
    this.#reading = Promise.all(this.#streams.map(stream => readLines(stream, line => this.#line(line))));
  }

  /** Resolves at the end of the output, or after the timeout: a process outside of the task may hold the pipe open. */
  async drained(timeoutMs: number): Promise<void> {
    await endsWithin(this.#options.clock, timeoutMs, this.#reading);
    for (const stream of this.#streams) stream.destroy();
  }

  /** Sends the waiting entries and closes the connections to Logstash. */
  close(): Promise<void> {
    return this.#logstash.close();
  }

  #line(line: string): void {
    const { counters, clock, all, fields, onOther } = this.#options;
    const now = new Date(clock.now());
    counters.add('servicelog.received.Total');
    const entry = this.#parse(line) ?? (all ? wrapLine(line, now) : undefined);
    if (entry) this.#logstash.send(formatEntry(entry, this.#ignored, fields, now));
    else onOther(line);
  }
}
