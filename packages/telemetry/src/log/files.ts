/** Writes log files in `--log_dir`, with names like glog's. */
import { renameSync, rmSync, symlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { DirectoryError, directoryProblem, takeDirectory, userName } from '@meseta/system';
import { systemProblem } from '@meseta/system/system-problem';
import type { Severity } from './format.ts';
import { Sink } from './sink.ts';

/** All severities, the least severe first. The file of a severity has its lines and those of all higher severities. */
export const severities: readonly Severity[] = ['INFO', 'WARNING', 'ERROR', 'FATAL'];

const lossOf = (path: string, problem: string) =>
  `Lines of the log are missing in '${path}' from here on: ${problem}. Free some space, or make it writable`;

/** The time before it is tried again to open a file. */
const againAfterMs = 1000;

/** A file that could not be opened. */
interface Missing {
  readonly lines: number;
  readonly problem: string;
  readonly againMs: number;
}

const two = (value: number) => String(value).padStart(2, '0');

function timestamp(time: Date): string {
  const day = `${time.getFullYear()}${two(time.getMonth() + 1)}${two(time.getDate())}`;
  return `${day}-${two(time.getHours())}${two(time.getMinutes())}${two(time.getSeconds())}`;
}

/**
 * Returns the path of the link to a program's current log file: `<log_dir>/mesos-master.INFO`. `/master/log` shows this
 * file.
 */
export function logFileLink(directory: string, program: string, severity: Severity): string {
  return join(directory, `${program}.${severity}`);
}

/**
 * The log files of one run of a program, one for each severity. Each is opened with its first line, and a link with a
 * fixed name points to it.
 */
export class LogFiles {
  readonly #directory: string;
  readonly #program: string;
  readonly #suffix: string;
  readonly #report: (problem: string) => void;
  readonly #sinks = new Map<Severity, Sink>();
  /** Severities whose files could not be opened. */
  readonly #missing = new Map<Severity, Missing>();

  /**
   * @param directory is created when it is missing, with its parents.
   * @param report gets a sentence when lines of the log begin to be lost.
   * @throws {DirectoryError}
   */
  constructor(directory: string, program: string, time: Date, report: (problem: string) => void) {
    this.#report = report;
    this.#directory = takeDirectory({ flag: '--log_dir', path: directory, mode: 0o755 });
    this.#program = program;
    this.#suffix = `${timestamp(time)}.${process.pid}`;
  }

  /** Opens the file of the least severe lines. @throws {DirectoryError} when it cannot be made. */
  begin(severity: Severity): void {
    try {
      this.#open(severity);
    } catch (cause) {
      const problem = directoryProblem(cause as NodeJS.ErrnoException);
      throw new DirectoryError(`Cannot write to --log_dir '${this.#directory}': ${problem}`, { cause });
    }
  }

  /** Opens the file of a severity before its first line. @throws errors of the file system. */
  #open(severity: Severity): Sink {
    const existing = this.#sinks.get(severity);
    if (existing) return existing;
    const name = `${this.#program}.${hostname()}.${userName()}.log.${severity}.${this.#suffix}`;
    const path = join(this.#directory, name);
    const sink = Sink.open(path, error => this.#report(lossOf(path, systemProblem(error))));
    this.#sinks.set(severity, sink); // also when the link cannot be made
    const link = logFileLink(this.#directory, this.#program, severity);
    const fresh = `${link}.${process.pid}`;
    rmSync(fresh, { force: true });
    symlinkSync(name, fresh);
    renameSync(fresh, link);
    return sink;
  }

  /**
   * Writes a line to the files of its severity and of all lower ones, down to `minimum`. Never throws: a file that cannot be made is
   * tried again, and begins with how many lines are missing.
   */
  write(severity: Severity, minimum: Severity, line: string): void {
    for (const each of severities.slice(severities.indexOf(minimum), severities.indexOf(severity) + 1)) {
      (this.#sinks.get(each) ?? this.#opened(each))?.write(line);
    }
  }

  #opened(severity: Severity): Sink | undefined {
    const missing = this.#missing.get(severity);
    const now = performance.now();
    const lines = (missing?.lines ?? 0) + 1;
    if (missing && now < missing.againMs) {
      this.#missing.set(severity, { ...missing, lines });
      return undefined;
    }
    try {
      const sink = this.#open(severity);
      if (missing) sink.write(`W ${missing.lines} log lines are missing here: ${missing.problem}\n`);
      this.#missing.delete(severity);
      return sink;
    } catch (error) {
      const sink = this.#sinks.get(severity);
      if (sink) return sink; // only the link could not be made
      const problem = systemProblem(error as NodeJS.ErrnoException);
      if (!missing) this.#report(lossOf(logFileLink(this.#directory, this.#program, severity), problem));
      this.#missing.set(severity, { lines, problem, againMs: now + againAfterMs });
      return undefined;
    }
  }

  sinks(): Sink[] {
    return [...this.#sinks.values()];
  }
}
