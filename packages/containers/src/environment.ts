import type { EnvironmentVariable } from '@meseta/protocol';

/** Environment variables by name. */
export type Environment = Readonly<Record<string, string>>;

/**
 * Adds the variables of messages to an environment; of variables with the same name, the last counts.
 *
 * @param variables those with a secret by value are included; a secret by reference needs a resolver and is left out.
 */
export function withVariables(environment: Environment, variables: readonly EnvironmentVariable[]): Environment {
  if (variables.length === 0) return environment;
  const result: Record<string, string> = { ...environment };
  for (const { name, value, type, secret } of variables) {
    const text = type === 'SECRET' ? secretText(secret?.value?.data) : value;
    if (text !== undefined) result[name] = text;
  }
  return result;
}

function secretText(base64: string | undefined): string | undefined {
  return base64 === undefined ? undefined : Buffer.from(base64, 'base64').toString('utf8');
}

/** What containers have as PATH, unless they say otherwise. */
export const defaultPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
