/**
 * Reads the settings of hooks for an agent that runs tasks without an executor process. They are a JSON object, whose
 * names have no prefix.
 */
import { isAbsolute } from 'node:path';
import { ConfigurationError, type Environment, printable, readSetting } from './configuration.ts';
import { type Setting, type Settings, settings } from './settings.ts';

const names = [
  ...(['CONSUL_HOOK_ENABLED', 'CONSUL_TOKEN', 'CONSUL_GLOBAL_TAG', 'INITIAL_HEALTH_CHECK_STATUS'] as const),
  ...(['VAAS_HOOK_ENABLED', 'VAAS_HOST', 'VAAS_USERNAME', 'VAAS_TOKEN', 'VAAS_ASYNC_TIMEOUT'] as const),
  ...(['HOOKS', 'HOOK_TIMEOUT', 'EXEC_HOOK_COMMAND', 'WEBHOOK_URL', 'WEBHOOK_TOKEN'] as const),
];

/** Variables that hooks read besides the settings. True means that the value is a secret. */
const variables: Readonly<Record<string, boolean>> = {
  ...{ CLOUD_DC: false, CLOUD_PUBLIC_IP: false, VAAS_INITIAL_WEIGHT: false },
  ...{ CONSUL_HTTP_ADDR: false, CONSUL_HTTP_TOKEN: true, CONSUL_HTTP_TOKEN_FILE: false, CONSUL_HTTP_AUTH: true },
  ...{ CONSUL_HTTP_SSL: false, CONSUL_HTTP_SSL_VERIFY: false, CONSUL_TLS_SERVER_NAME: false },
  ...{ CONSUL_CACERT: false, CONSUL_CAPATH: false, CONSUL_CLIENT_CERT: false, CONSUL_CLIENT_KEY: false },
  ...{ CONSUL_NAMESPACE: false, CONSUL_PARTITION: false },
};

/** The values of the settings that concern hooks. */
export type HookSettings = Pick<Settings, (typeof names)[number]>;

/** The configuration of hooks. */
export interface HookConfiguration {
  readonly settings: HookSettings;
  /** The other variables that were given: those of Consul's clients, and the location of this machine (`CLOUD_…`). */
  readonly environment: Environment;
  /** All that was given, in a form that may be logged. */
  readonly printable: Readonly<Record<string, unknown>>;
}

/**
 * Reads and checks the settings of hooks.
 *
 * @param values by name: text, a number, a boolean, or an array of texts for a list.
 * @throws {ConfigurationError} with all problems at once.
 */
export function readHookConfiguration(values: Readonly<Record<string, unknown>>): HookConfiguration {
  const problems: string[] = [];
  const given = Object.entries(values).flatMap(([name, value]): [string, string][] => {
    const text = textOf(value);
    const known = Object.hasOwn(variables, name) || names.some(each => each === name);
    if (!known) problems.push(`${name}: ${unknown(name)}`);
    else if (text === undefined) problems.push(`${name}: expected a text, number, boolean or list of texts`);
    return known && text !== undefined ? [[name, text]] : [];
  });
  const texts = new Map(given);
  const read = names.map(name => {
    const setting: Setting<unknown> = settings[name];
    return [name, readSetting(setting, name, texts.get(name), problems)] as const;
  });
  const found = Object.fromEntries(read) as HookSettings;
  for (const path of found.HOOKS.filter(each => !isAbsolute(each))) {
    problems.push(`HOOKS='${path}': expected an absolute path`);
  }
  if (problems.length > 0) throw new ConfigurationError(problems, 'The settings of hooks are invalid');
  const printed = printable(Object.fromEntries(read.filter(([name]) => texts.has(name))));
  const others = given.filter(([name]) => Object.hasOwn(variables, name));
  return {
    settings: found,
    environment: Object.fromEntries(others),
    printable: {
      ...printed,
      ...Object.fromEntries(others.map(([name, text]) => [name, variables[name] ? '<redacted>' : text])),
    },
  };
}

function unknown(name: string): string {
  return Object.hasOwn(settings, name) ? 'only the stand-alone executor has this setting' : 'there is no such setting';
}

function textOf(value: unknown): string | undefined {
  if (Array.isArray(value)) return value.every(item => typeof item === 'string') ? value.join(',') : undefined;
  return ['string', 'number', 'boolean'].includes(typeof value) ? String(value) : undefined;
}
