/**
 * The logger of both daemons: severities and verbosity as in glog, structured fields, two forms of lines. Logging never
 * waits.
 */

import { LogFiles, logFileLink, severities } from './files.ts';
import { consoleLine, type Entry, type Fields, jsonLine, type Severity } from './format.ts';
import { Sink } from './sink.ts';
import { Verbosity } from './verbosity.ts';

/** The destinations of a logger's lines, shared by all its children. */
export interface LogOptions {
  /** The program's name in the names of log files: `mesos-master`, `mesos-agent`. */
  readonly program: string;
  /** The lowest severity that is logged (`--logging_level`). Default INFO. */
  readonly level?: Severity;
  /** Only FATAL lines are written to standard error (`--quiet`). */
  readonly quiet?: boolean;
  /** The directory of log files (`--log_dir`); without it, none are written. */
  readonly directory?: string;
  /** `console` or `json`. Default: the environment's `MESETA_LOG_FORMAT`, else `console`. */
  readonly format?: string;
  readonly verbosity?: Verbosity;
  /** Replaces standard error. */
  readonly stderr?: { write(line: string): void };
  readonly now?: () => Date;
}

/** The outputs that may have waiting lines when the process exits. */
const outputs = new Set<Output>();
process.on('exit', () => {
  for (const output of outputs) output.flushSync();
});

class Output {
  readonly verbosity: Verbosity;
  readonly logFile: string | undefined;
  readonly #minimum: Severity;
  readonly #quiet: boolean;
  readonly #render: (entry: Entry) => string;
  readonly #stderr: { write(line: string): void };
  readonly #files: LogFiles | undefined;
  readonly #now: () => Date;
  readonly #sinks: Sink[] = [];

  constructor(options: LogOptions) {
    this.verbosity = options.verbosity ?? new Verbosity();
    this.#minimum = options.level ?? 'INFO';
    this.#quiet = options.quiet ?? false;
    this.#render = (options.format ?? process.env.MESETA_LOG_FORMAT) === 'json' ? jsonLine : consoleLine;
    this.#now = options.now ?? (() => new Date());
    if (options.stderr) this.#stderr = options.stderr;
    else {
      const sink = new Sink(2);
      this.#sinks.push(sink);
      this.#stderr = sink;
    }
    if (options.directory !== undefined) {
      const report = (problem: string) => this.#report(problem);
      this.#files = new LogFiles(options.directory, options.program, this.#now(), report);
      this.#files.begin(this.#minimum);
      this.logFile = logFileLink(options.directory, options.program, this.#minimum);
    }
    outputs.add(this);
  }

  enabled(severity: Severity, verbosity: number): boolean {
    return severities.indexOf(severity) >= severities.indexOf(this.#minimum) && verbosity <= this.verbosity.level;
  }

  write(severity: Severity, verbosity: number, component: string, message: string, fields: Fields): void {
    const line = this.#render({ severity, verbosity, component, message, fields, time: this.#now() });
    if (!this.#quiet || severity === 'FATAL') this.#stderr.write(line);
    this.#files?.write(severity, this.#minimum, line);
  }

  /** What is wrong with the log files themselves can be said on standard error only, also by `--quiet` daemons. */
  #report(message: string): void {
    const time = this.#now();
    this.#stderr.write(this.#render({ severity: 'ERROR', verbosity: 0, component: 'log', message, fields: {}, time }));
  }

  async flush(): Promise<void> {
    await Promise.all(this.#allSinks().map(sink => sink.flush()));
  }

  flushSync(): void {
    for (const sink of this.#allSinks()) sink.flushSync();
  }

  #allSinks(): Sink[] {
    return [...this.#sinks, ...(this.#files?.sinks() ?? [])];
  }
}

/**
 * Writes log lines. Field names are Mesos's (`task_id`, `framework_id`, `agent_id`); an error is passed in the field
 * `error`. Values whose names look like those of secrets are replaced.
 */
export class Logger {
  readonly component: string;
  readonly #output: Output;
  readonly #fields: Fields;
  readonly #hasFields: boolean;

  /** Use {@link createLogger}, or `child` of another logger. */
  constructor(output: Output, component: string, fields: Fields) {
    this.#output = output;
    this.component = component;
    this.#fields = fields;
    this.#hasFields = Object.keys(fields).length > 0;
  }

  info(message: string, fields?: Fields): void {
    this.#log('INFO', 0, message, fields);
  }

  warning(message: string, fields?: Fields): void {
    this.#log('WARNING', 0, message, fields);
  }

  error(message: string, fields?: Fields): void {
    this.#log('ERROR', 0, message, fields);
  }

  /** Logs the last line of a process that cannot continue. Does not end it. */
  fatal(message: string, fields?: Fields): void {
    this.#log('FATAL', 0, message, fields);
  }

  /** Logs a line that is shown from verbosity `level` (1 to 3) on. */
  verbose(level: number, message: string, fields?: Fields): void {
    this.#log('INFO', level, message, fields);
  }

  /** Logs a line that is shown from verbosity 1 on. */
  debug(message: string, fields?: Fields): void {
    this.#log('INFO', 1, message, fields);
  }

  /** Tells whether `verbose(level, …)` would be shown, for lines that are expensive to make. */
  isVerbose(level: number): boolean {
    return this.#output.enabled('INFO', level);
  }

  /** Makes a logger with the same destinations, for another component or with more fields on every line. */
  child({ component = this.component, ...fields }: Fields & { readonly component?: string }): Logger {
    return new Logger(this.#output, component, { ...this.#fields, ...fields });
  }

  /** The verbosity, which a logger and all its children share. */
  get verbosity(): Verbosity {
    return this.#output.verbosity;
  }

  /** The log file that is shown as `/master/log` or `/slave/log`; undefined without a log directory. */
  get logFile(): string | undefined {
    return this.#output.logFile;
  }

  /** Resolves when all lines so far are written. */
  flush(): Promise<void> {
    return this.#output.flush();
  }

  #log(severity: Severity, verbosity: number, message: string, fields: Fields | undefined): void {
    if (!this.#output.enabled(severity, verbosity)) return;
    this.#output.write(severity, verbosity, this.component, message, this.#allFields(fields));
  }

  #allFields(fields: Fields | undefined): Fields {
    if (fields === undefined) return this.#fields;
    return this.#hasFields ? { ...this.#fields, ...fields } : fields;
  }
}

/**
 * Creates the logger of a daemon. Its parts use children of it.
 *
 * @throws {DirectoryError} when the log directory or its file cannot be created.
 */
export function createLogger(options: LogOptions, component: string): Logger {
  return new Logger(new Output(options), component, {});
}
