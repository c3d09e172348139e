import { redactUrl } from '@meseta/telemetry';
import { type AgentEnvironment, readAgentEnvironment } from './agent-environment.ts';
import { type Setting, type Settings, settings } from './settings.ts';
import { duration } from './types.ts';

/** Environment variables, in the form of `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The prefixes of the executor's variables, in the order in which they are looked up. The second is that of allegro's
 * executor.
 */
export const prefixes = ['MESETA_EXECUTOR_', 'ALLEGRO_EXECUTOR_'] as const;

/** Everything that the executor is configured with: its own settings and what the agent passes to it. */
export interface Configuration {
  readonly settings: Settings;
  readonly agent: AgentEnvironment;
}

/** Lists all problems of a configuration, one line each. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
  readonly code = 'CONFIGURATION';
  readonly problems: readonly string[];

  constructor(problems: readonly string[], what = 'The executor cannot start') {
    super(`${what}:\n${problems.map(problem => `  ${problem}`).join('\n')}`);
    this.problems = problems;
  }
}

/**
 * Reads the settings and the agent's variables from the environment of the executor.
 *
 * @param argv arguments of the executor; `-debug` and `--debug` are understood.
 * @throws {ConfigurationError} with all missing and bad variables at once.
 */
export function readConfiguration(environment: Environment, argv: readonly string[] = []): Configuration {
  const problems: string[] = [];
  const agent = readAgentEnvironment(environment, problems);
  const values = readSettings(environment, problems);
  const debug = argv.includes('-debug') || argv.includes('--debug');
  if (problems.length > 0) throw new ConfigurationError(problems);
  return { agent, settings: debug ? { ...values, DEBUG: true } : values };
}

/**
 * Reads the settings, without the agent's variables.
 *
 * @param problems receives one line for each bad setting.
 */
export function readSettings(environment: Environment, problems: string[]): Settings {
  const entries = Object.entries(settings as Record<string, Setting<unknown>>).map(([name, setting]) => {
    const variable = namesOf(name, setting).find(candidate => environment[candidate]);
    return [name, readSetting(setting, variable ?? name, variable && environment[variable], problems)];
  });
  const values = Object.fromEntries(entries) as Settings;
  const { SERVICELOG_LOGSTASH_TLS_CERT: cert, SERVICELOG_LOGSTASH_TLS_KEY: key } = values;
  if ((cert === undefined) !== (key === undefined)) {
    problems.push(
      'SERVICELOG_LOGSTASH_TLS_CERT and SERVICELOG_LOGSTASH_TLS_KEY belong together: one of them is missing',
    );
  }
  return values;
}

/**
 * Parses one setting. A duration of zero or less means the default.
 *
 * @param name the variable's name, for the problem.
 * @param text the variable's value; undefined and empty mean the default.
 * @param problems receives a line when the text cannot be parsed.
 * @returns the value, or the default.
 */
export function readSetting(
  setting: Setting<unknown>,
  name: string,
  text: string | undefined,
  problems: string[],
): unknown {
  if (!text) return setting.default;
  try {
    const parsed = setting.type.parse(text);
    const unset = setting.type === duration && (parsed as number) <= 0;
    return unset ? setting.default : parsed;
  } catch (error) {
    problems.push(`${name}='${setting.secret ? '<redacted>' : redactUrl(text)}': ${(error as Error).message}`);
    return setting.default;
  }
}

function namesOf(name: string, { plain }: Setting<unknown>): string[] {
  return [...prefixes.map(prefix => prefix + name), ...(plain ? [name] : [])];
}

/** Returns the settings in a form that may be logged: secrets and the users in URLs are left out. */
export function printable(values: Partial<Settings>): Record<string, unknown> {
  const entries = Object.entries(values).map(([name, value]) => {
    const { secret } = (settings as Record<string, Setting<unknown>>)[name] ?? {};
    return [name, secret && value !== undefined ? '<redacted>' : value instanceof URL ? withoutUser(value) : value];
  });
  return Object.fromEntries(entries);
}

function withoutUser(address: URL): string {
  const url = new URL(address);
  url.username = '';
  url.password = '';
  return url.href;
}

const secretNames = new Set(['MESOS_EXECUTOR_AUTHENTICATION_TOKEN', 'CONSUL_HTTP_TOKEN', 'CONSUL_HTTP_AUTH']);
const plainNames = Object.entries(settings as Record<string, Setting<unknown>>)
  .filter(([, { plain }]) => plain)
  .map(([name]) => name);
const plainSecrets = plainNames.filter(name => (settings as Record<string, Setting<unknown>>)[name]?.secret);

/**
 * Returns the part of an environment that a task and its health checks get: without the executor's settings and
 * secrets.
 */
export function taskEnvironment(environment: Environment): Record<string, string> {
  const own = (name: string) =>
    secretNames.has(name) || plainNames.includes(name) || prefixes.some(prefix => name.startsWith(prefix));
  return filtered(environment, own);
}

/** Returns the part of an environment that the exec hook and hook modules get: without secrets. */
export function hookEnvironment(environment: Environment): Record<string, string> {
  const secrets = Object.entries(settings as Record<string, Setting<unknown>>)
    .filter(([, { secret }]) => secret)
    .flatMap(([name]) => prefixes.map(prefix => prefix + name));
  const hidden = new Set([...secretNames, ...plainSecrets, ...secrets]);
  return filtered(environment, name => hidden.has(name));
}

function filtered(environment: Environment, hidden: (name: string) => boolean): Record<string, string> {
  const entries = Object.entries(environment).flatMap(([name, value]) =>
    value === undefined || hidden(name) ? [] : [[name, value] as const],
  );
  return Object.fromEntries(entries);
}
