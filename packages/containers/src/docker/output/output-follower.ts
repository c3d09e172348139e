/**
 * Writes the output of a container to its files, by following its log in the engine. The engine has it all the time, so nothing is
 * lost while there is no agent, or no connection to the engine: the next reader goes on where the last one stopped.
 */
import { type Clock, endsWithin } from '@meseta/system';
import type { Logger } from '@meseta/telemetry';
import type { OutputStream } from '../../container-io.ts';
import { pause } from '../../external/timing.ts';
import type { DockerEngine, EngineStream } from '../engine/docker-engine.ts';
import { EngineError } from '../engine/error.ts';
import type { OutputChunk } from '../engine/output.ts';
import { logEntries, terminalEntries } from './log-entries.ts';
import { LogCursor, type LogPosition, LogResume } from './log-position.ts';
import type { OutputFiles } from './output-files.ts';

/** The position is stored when so much was written since, */
const storedBytes = 256 * 1024;
/** or that many milliseconds after something was. */
const storedMs = 1000;
/** The most that is compared with a file when a log is resumed; usually it is not more than `storedBytes`. */
const comparedBytes = 16 * 1024 * 1024;
/** The status of an engine that cannot read a log. */
const notImplemented = 501;
const firstPauseMs = 200;
const longestPauseMs = 10_000;
/** After so long without anything that was written, the rest of the output of an ended container is not waited for. */
const stuckMs = 5000;

const streams: readonly OutputStream[] = ['stdout', 'stderr'];

/** What is followed, and how. */
export interface FollowerOptions {
  readonly engine: DockerEngine;
  readonly clock: Clock;
  readonly log: Logger;
  /** In the engine. */
  readonly container: string;
  /** The container has a terminal. */
  readonly tty: boolean;
  /** Opens the files, for appending and for reading what they have. Only what leads to no other file is opened. */
  readonly open: () => Promise<OutputFiles>;
  /** Stores how far the log is written. */
  readonly store: (position: LogPosition) => Promise<void>;
  /** What an earlier agent stored; undefined: nothing of the log is written. */
  readonly from?: LogPosition | undefined;
  /** The log has ended although the container, as far as is known, has not. */
  readonly onQuiet: () => void;
}

/** See the file's head. */
export class OutputFollower {
  readonly #options: FollowerOptions;
  readonly #closing = new AbortController();
  readonly #ended = Promise.withResolvers<void>();
  /** Resolves when all output of a container that has ended is written, or nothing follows it any more. */
  readonly done: Promise<void>;
  #hasEnded = false;
  #lastWords: string | undefined;
  #position: LogPosition | undefined;
  #cancelTimer: (() => void) | undefined;
  /** How many bytes of the log were read and, as far as they were missing, written. */
  #passedBytes = 0;

  constructor(options: FollowerOptions) {
    this.#options = options;
    this.#position = options.from;
    this.done = this.#run();
  }

  /**
   * The container has ended: there is no more output than the engine has.
   *
   * @param lastWords a line that its standard error gets after that.
   */
  end(lastWords?: string): void {
    this.#lastWords = lastWords;
    this.#hasEnded = true;
    this.#ended.resolve();
  }

  /**
   * Resolves when all output is written, or nothing of it was for some seconds: its disk may be full, or the engine away. However
   * much there is, it is waited for as long as it gets further.
   */
  async settled(): Promise<void> {
    let before: number;
    do before = this.#passedBytes;
    while (!(await endsWithin(this.#options.clock, stuckMs, this.done)) && this.#passedBytes > before);
  }

  /** Stops to follow. What is not written yet, the next one writes. */
  async close(): Promise<void> {
    this.#closing.abort();
    this.#ended.resolve();
    await this.done;
  }

  /** Never rejects. */
  async #run(): Promise<void> {
    const { clock, log, container, onQuiet } = this.#options;
    const { signal } = this.#closing;
    let pauseMs = firstPauseMs;
    let told = false;
    while (!signal.aborted) {
      const isLast = this.#hasEnded; // what the engine has from now on is all
      try {
        if (await this.#follow(!isLast)) pauseMs = firstPauseMs;
        if (isLast || signal.aborted) break;
        onQuiet();
      } catch (error) {
        if (signal.aborted) break;
        if (error instanceof EngineError && error.status === notImplemented) return await this.#sayUnreadable(error);
        if (!told) log.warning('Cannot write the output of a Docker container; trying again', { error, container });
        told = true;
      }
      await Promise.race([pause(clock, pauseMs), this.#ended.promise]);
      if (this.#hasEnded && isLast) await pause(clock, pauseMs);
      pauseMs = Math.min(2 * pauseMs, longestPauseMs);
    }
    this.#cancelTimer?.();
  }

  /** The log driver of the container lets nothing be read, and will not later. */
  async #sayUnreadable({ message }: EngineError): Promise<void> {
    const { log, container, open } = this.#options;
    log.warning('The output of a Docker container cannot be read', { container, problem: message });
    const files = await open().catch(() => undefined); // the log says it
    await files?.append('stderr', Buffer.from(`${message}\n`)).catch(() => undefined); // the disk may be full
    await files?.close().catch(() => undefined); // as before
  }

  /** Writes the log until it ends. @returns whether there was something. */
  async #follow(follow: boolean): Promise<boolean> {
    const { engine, container, tty, open } = this.#options;
    const { signal } = this.#closing;
    const files = await open();
    let source: EngineStream<OutputChunk> | undefined;
    try {
      const from = this.#position ?? (await this.#begin(files));
      const [stdout, stderr] = await Promise.all(
        streams.map(stream => files.tail(stream, from.sizes[stream], comparedBytes)),
      );
      const resume = new LogResume(from, { stdout: stdout ?? Buffer.alloc(0), stderr: stderr ?? Buffer.alloc(0) });
      const options = { tty, timestamps: true, follow, sinceNs: from.time, signal };
      source = await engine.containers.logs(container, options);
      const any = await this.#copy(source, resume, files);
      if (!follow && this.#lastWords !== undefined) await files.append('stderr', Buffer.from(`${this.#lastWords}\n`));
      return any;
    } finally {
      source?.close();
      await files.close();
    }
  }

  /** What is in the files before anything of the log is, such as the words of the fetcher, is none of it. */
  async #begin(files: OutputFiles): Promise<LogPosition> {
    const position = { time: 0n, count: 0, sizes: await files.sizes() };
    await this.#options.store(position);
    this.#position = position;
    return position;
  }

  async #copy(source: AsyncIterable<OutputChunk>, resume: LogResume, files: OutputFiles): Promise<boolean> {
    const cursor = new LogCursor(this.#position);
    const open: Partial<Record<OutputStream, bigint>> = {};
    let unstored = 0;
    let any = false;
    let isWhole = false; // the last entry, as far as is known
    const store = async () => {
      this.#cancelTimer?.();
      this.#cancelTimer = undefined;
      unstored = 0;
      const position = { ...cursor.position, sizes: await files.sizes() };
      await this.#options.store(position);
      this.#position = position;
    };
    const finish = async () => {
      if (isWhole) for (const passed of Object.values(open)) if (passed !== undefined) cursor.passed(passed);
      await store();
    };
    let due = false;
    try {
      for await (const piece of this.#options.tty ? terminalEntries(source) : logEntries(source)) {
        const { stream, time, first, data } = piece;
        if (first) {
          // Frames come one after another: the one before is complete.
          for (const each of streams) {
            const passed = open[each];
            if (passed !== undefined) cursor.passed(passed);
            delete open[each];
          }
          if (due || unstored >= storedBytes) {
            due = false;
            await store();
          }
          open[stream] = time;
          isWhole = false;
        }
        this.#passedBytes += data.length;
        const rest = resume.rest(piece);
        if (rest === undefined) {
          delete open[stream]; // it is counted
          continue;
        }
        any = true;
        if (rest.length > 0) await files.append(stream, rest);
        unstored += data.length;
        isWhole = data.at(-1) === 0x0a;
        this.#cancelTimer ??= this.#options.clock.after(storedMs, () => {
          this.#cancelTimer = undefined;
          due = true;
        });
      }
    } catch (error) {
      // What a logger has got cannot be found out later. Of an entry without its end, it gets the beginning again.
      if (any && !files.canBeRead) await finish();
      throw error;
    }
    isWhole = true; // the end of the log
    if (any) await finish();
    return any;
  }
}
