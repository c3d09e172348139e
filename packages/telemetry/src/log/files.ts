/** Writes log files in `--log_dir`, with names like glog's. */
import { renameSync, rmSync, symlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { takeDirectory, userName } from '@meseta/system';
import type { Severity } from './format.ts';
import { Sink } from './sink.ts';

/** All severities, the least severe first. The file of a severity has its lines and those of all higher severities. */
export const severities: readonly Severity[] = ['INFO', 'WARNING', 'ERROR', 'FATAL'];

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
  readonly #sinks = new Map<Severity, Sink>();

  /**
   * @param directory is created when it is missing, with its parents.
   * @throws {DirectoryError}
   */
  constructor(directory: string, program: string, time: Date) {
    this.#directory = takeDirectory({ flag: '--log_dir', path: directory, mode: 0o755 });
    this.#program = program;
    this.#suffix = `${timestamp(time)}.${process.pid}`;
  }

  /** Opens the file of a severity before its first line. */
  open(severity: Severity): Sink {
    const existing = this.#sinks.get(severity);
    if (existing) return existing;
    const name = `${this.#program}.${hostname()}.${userName()}.log.${severity}.${this.#suffix}`;
    const sink = Sink.open(join(this.#directory, name));
    this.#sinks.set(severity, sink);
    const link = logFileLink(this.#directory, this.#program, severity);
    const fresh = `${link}.${process.pid}`;
    rmSync(fresh, { force: true });
    symlinkSync(name, fresh);
    renameSync(fresh, link);
    return sink;
  }

  /** Writes a line to the files of its severity and of all lower ones, down to `minimum`. */
  write(severity: Severity, minimum: Severity, line: string): void {
    for (const each of severities.slice(severities.indexOf(minimum), severities.indexOf(severity) + 1)) {
      this.open(each).write(line);
    }
  }

  sinks(): Sink[] {
    return [...this.#sinks.values()];
  }
}
