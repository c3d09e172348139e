/**
 * What becomes of the output of containers: `--container_logger`, its parameters, and what a task's environment says instead.
 *
 * @see Mesos src/slave/container_loggers/lib_logrotate.hpp; dcos-mesos-modules journald/lib_journald.hpp
 */
import { flagTypes } from '@meseta/flags';
import type { EnvironmentVariable, Parameter } from '@meseta/protocol';
import { own } from '@meseta/protocol/own';
import { parseLogrotateOptions, type Rotation } from './logrotate-options.ts';

/** Where output goes: files in the sandbox, the journal of systemd, or both. */
export type LogDestination = 'logrotate' | 'journald' | 'journald+logrotate';

/** The files of one stream. */
export interface StreamLimits extends Rotation {
  /** A file is rotated before it gets larger. */
  readonly maxBytes: number;
}

/** A logger with its settings. Without one, output goes to files of any size. */
export interface LoggerSettings {
  readonly destination: LogDestination;
  readonly stdout: StreamLimits;
  readonly stderr: StreamLimits;
  /** Fields of the journal's entries, besides the ids. */
  readonly labels: Readonly<Record<string, string>>;
  /** Variables of a task that begin with it change these settings. */
  readonly prefix: string;
  /** The socket of the journal. */
  readonly journal: string;
}

/** A parameter or a variable of a logger is wrong. The message names it, and says what is allowed. */
export class LoggerSettingsError extends Error {
  override readonly name = 'LoggerSettingsError';
  readonly code = 'LOGGER_SETTINGS';
}

const defaultPrefix = 'CONTAINER_LOGGER_';
const journalSocket = '/run/systemd/journal/socket';
/** As for Mesos's module, a page. */
const leastBytes = 4096;

const asMesos: StreamLimits = { maxBytes: 10 * 1024 ** 2, kept: 0, compress: 'no' };
const keepsNine: StreamLimits = { ...asMesos, kept: 9 };
const ofDcos: StreamLimits = { ...keepsNine, maxBytes: 2 * 1024 ** 2 };

const common = { labels: {}, prefix: defaultPrefix, journal: journalSocket };

const both = (limits: StreamLimits) => ({ stdout: limits, stderr: limits });

/** The loggers by their names in `--container_logger`: short ones, and those of the modules of Mesos and DC/OS. */
const loggers: Readonly<Record<string, LoggerSettings | undefined>> = {
  sandbox: undefined,
  logrotate: { ...common, destination: 'logrotate', ...both(keepsNine) },
  journald: { ...common, destination: 'journald', ...both(keepsNine) },
  'journald+logrotate': { ...common, destination: 'journald+logrotate', ...both(keepsNine) },
  org_apache_mesos_LogrotateContainerLogger: { ...common, destination: 'logrotate', ...both(asMesos) },
  com_mesosphere_mesos_JournaldLogger: { ...common, destination: 'journald', ...both(ofDcos) },
};

const loggerNames: readonly string[] = Object.keys(loggers);

/** Tells whether `--container_logger` takes a name. */
export function isLoggerName(name: string): boolean {
  return loggerNames.includes(name);
}

type Change = (settings: LoggerSettings, text: string) => LoggerSettings;

/** Sets a field of one stream. */
const ofStream =
  (stream: 'stdout' | 'stderr', read: (text: string) => Partial<StreamLimits>): Change =>
  (settings, text) => ({ ...settings, [stream]: { ...settings[stream], ...read(text) } });

const parseSize = (text: string) => flagTypes.bytes.parse(text, () => undefined);

const maxBytes = (text: string) => {
  const bytes = parseSize(text);
  if (bytes < leastBytes) throw new Error(`it is less than ${leastBytes}B`);
  return { maxBytes: bytes };
};

const destination: Change = (settings, text) => {
  if (text !== 'logrotate' && text !== 'journald' && text !== 'journald+logrotate')
    throw new Error('allowed: logrotate, journald, journald+logrotate');
  return { ...settings, destination: text };
};

const extraLabels: Change = (settings, text) => {
  const labels: unknown = JSON.parse(text);
  if (typeof labels !== 'object' || labels === null || Array.isArray(labels))
    throw new Error('not an object of JSON, as {"TEAM": "web"}');
  for (const [name, value] of Object.entries(labels)) {
    if (!/^[A-Z0-9][A-Z0-9_]{0,63}$/.test(name)) throw new Error(`'${name}' is no name of a field: A-Z, 0-9 and _`);
    if (typeof value !== 'string' || value.includes('\0')) throw new Error(`the value of '${name}' is no text`);
  }
  return { ...settings, labels: { ...settings.labels, ...(labels as Record<string, string>) } };
};

/** What a task may set, as parameters in small and variables in capital letters. */
const ofTasks: Readonly<Record<string, Change>> = {
  max_stdout_size: ofStream('stdout', maxBytes),
  max_stderr_size: ofStream('stderr', maxBytes),
  logrotate_stdout_options: ofStream('stdout', parseLogrotateOptions),
  logrotate_stderr_options: ofStream('stderr', parseLogrotateOptions),
  logrotate_max_stdout_size: ofStream('stdout', maxBytes),
  logrotate_max_stderr_size: ofStream('stderr', maxBytes),
  destination_type: destination,
  extra_labels: extraLabels,
};

const ignored: Change = settings => settings;

/** Only the operator sets these. The last ones are about programs that Meseta does without. */
const ofOperators: Readonly<Record<string, Change>> = {
  environment_variable_prefix: (settings, prefix) => {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(prefix)) throw new Error('not the beginning of a name of a variable');
    return { ...settings, prefix };
  },
  journald_socket: (settings, journal) => {
    if (!journal.startsWith('/') || Buffer.byteLength(journal) > 107)
      throw new Error('not an absolute path of at most 107 bytes');
    return { ...settings, journal };
  },
  ...{ launcher_dir: ignored, companion_dir: ignored, logrotate_path: ignored },
  ...{ libprocess_num_worker_threads: ignored, max_label_payload_size: ignored },
};

/**
 * Returns the settings of a logger; undefined for the one that only appends to files.
 *
 * @param name in `--container_logger`; undefined: the default.
 * @param parameters of the module of that name in `--modules`.
 * @throws {LoggerSettingsError} unknown name, or a parameter that is wrong: the agent must not start.
 */
export function readLoggerSettings(
  name = 'sandbox',
  parameters: readonly Parameter[] = [],
): LoggerSettings | undefined {
  if (!Object.hasOwn(loggers, name))
    throw new LoggerSettingsError(
      `No container logger named '${name}', which --container_logger asks for; allowed: ${loggerNames.join(', ')}`,
    );
  let settings = loggers[name];
  if (settings === undefined) return undefined;
  const known = { ...ofTasks, ...ofOperators };
  for (const { key, value = '' } of parameters) {
    const change = own(known, key);
    if (!change)
      throw new LoggerSettingsError(
        `Container logger '${name}' has no parameter '${key}'; allowed: ${Object.keys(known).join(', ')}`,
      );
    settings = changed(settings, change, value, `Parameter '${key}' of container logger '${name}'`);
  }
  return settings;
}

/**
 * Returns the settings for one container.
 *
 * @param variables of its command.
 * @throws {LoggerSettingsError} for a variable that is wrong, or none of the logger's: the container must not start.
 */
export function settingsFor(settings: LoggerSettings, variables: readonly EnvironmentVariable[]): LoggerSettings {
  let result = settings;
  const { prefix } = settings;
  for (const { name, value = '' } of variables.filter(each => each.name.startsWith(prefix))) {
    const key = name.slice(prefix.length).toLowerCase();
    const change = own(ofTasks, key);
    if (!change) {
      const names = Object.keys(ofTasks).map(each => prefix + each.toUpperCase());
      throw new LoggerSettingsError(`The container logger knows no variable '${name}'; allowed: ${names.join(', ')}`);
    }
    result = changed(result, change, value, `Variable '${name}' of the container logger`);
  }
  return result;
}

function changed(settings: LoggerSettings, change: Change, text: string, what: string): LoggerSettings {
  try {
    return change(settings, text);
  } catch (cause) {
    throw new LoggerSettingsError(`${what} is '${text}': ${(cause as Error).message}`, { cause });
  }
}
