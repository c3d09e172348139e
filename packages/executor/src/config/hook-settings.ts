/** The settings of hooks alone, where tasks have no executor of their own: as a JSON object, names without prefix. */
import { isAbsolute } from 'node:path';
import { ConfigurationError, type Environment, printable, readSetting } from './configuration.ts';
import { type Setting, type Settings, settings } from './settings.ts';

const names = [
  ...(['CONSUL_HOOK_ENABLED', 'CONSUL_TOKEN', 'CONSUL_GLOBAL_TAG', 'INITIAL_HEALTH_CHECK_STATUS'] as const),
  ...(['VAAS_HOOK_ENABLED', 'VAAS_HOST', 'VAAS_USERNAME', 'VAAS_TOKEN', 'VAAS_ASYNC_TIMEOUT'] as const),
  ...(['HOOKS', 'HOOK_TIMEOUT', 'EXEC_HOOK_COMMAND', 'WEBHOOK_URL', 'WEBHOOK_TOKEN'] as const),
];

/** What the executor finds in its environment besides its own settings. True: secret. */
const variables: Readonly<Record<string, boolean>> = {
  ...{ CLOUD_DC: false, CLOUD_PUBLIC_IP: false, VAAS_INITIAL_WEIGHT: false },
  ...{ CONSUL_HTTP_ADDR: false, CONSUL_HTTP_TOKEN: true, CONSUL_HTTP_TOKEN_FILE: false, CONSUL_HTTP_AUTH: true },
  ...{ CONSUL_HTTP_SSL: false, CONSUL_HTTP_SSL_VERIFY: false, CONSUL_TLS_SERVER_NAME: false },
  ...{ CONSUL_CACERT: false, CONSUL_CAPATH: false, CONSUL_CLIENT_CERT: false, CONSUL_CLIENT_KEY: false },
  ...{ CONSUL_NAMESPACE: false, CONSUL_PARTITION: false },
};

/** Values of the settings that hooks have. */
export type HookSettings = Pick<Settings, (typeof names)[number]>;

export interface HookConfiguration {
  readonly settings: HookSettings;
  /** What else was given: variables of Consul's clients, and where this machine stands. */
  readonly environment: Environment;
  /** What was given, as it may be printed. */
  readonly printable: Readonly<Record<string, unknown>>;
}

/**
 * @param values texts; numbers and booleans are taken as such, arrays of texts as lists.
 * @throws {ConfigurationError} for everything that is wrong, at once.
 */
export function readHookConfiguration(values: Readonly<Record<string, unknown>>): HookConfiguration {
  const problems: string[] = [];
  const given = Object.entries(values).flatMap(([name, value]): [string, string][] => {
    const text = textOf(value);
    const known = name in variables || names.some(each => each === name);
    if (!known) problems.push(`${name}: ${unknown(name)}`);
    else if (text === undefined) problems.push(`${name}: a text, number, boolean or list of texts is allowed`);
    return known && text !== undefined ? [[name, text]] : [];
  });
  const texts = new Map(given);
  const read = names.map(name => {
    const setting: Setting<unknown> = settings[name];
    return [name, readSetting(setting, name, texts.get(name), problems)] as const;
  });
  const found = Object.fromEntries(read) as HookSettings;
  for (const path of found.HOOKS.filter(each => !isAbsolute(each))) {
    problems.push(`HOOKS='${path}': an absolute path is allowed`);
  }
  if (problems.length > 0) throw new ConfigurationError(problems, 'Bad settings of hooks');
  const printed = printable(Object.fromEntries(read.filter(([name]) => texts.has(name))));
  const others = given.filter(([name]) => name in variables);
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
  return name in settings ? 'only the stand-alone executor has this setting' : 'there is no such setting';
}

function textOf(value: unknown): string | undefined {
  if (Array.isArray(value)) return value.every(item => typeof item === 'string') ? value.join(',') : undefined;
  return ['string', 'number', 'boolean'].includes(typeof value) ? String(value) : undefined;
}
