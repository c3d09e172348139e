import { isUtf8 } from 'node:buffer';
import type { EnvironmentVariable, Secret, SecretValue } from '@meseta/protocol';
import { LaunchError } from '../errors.ts';

/** Secrets are written by the agent to memory that the kernel cannot take back before the container ends. */
const longestBytes = 1024 * 1024;

/**
 * Gives the values of secrets that name where they are. The module of `--secret_resolver`.
 *
 * @see Mesos include/mesos/secret/resolver.hpp
 */
export interface SecretResolver {
  /**
   * Returns the value of a secret of type REFERENCE. A container is not launched when this throws; the message of the
   * error is in the task's status.
   */
  resolve(secret: Secret): Promise<SecretValue>;
}

/** How a secret is found out: its value, or what keeps it from being used, as the end of a sentence. */
type Found = { readonly bytes: Buffer } | { readonly problem: string };

/**
 * Finds the value of a secret out.
 *
 * @param resolver undefined: only secrets by value can be used.
 * @see Mesos src/common/validation.cpp, validateSecret
 */
export async function findSecret(secret: Secret, resolver: SecretResolver | undefined): Promise<Found> {
  const { type, reference, value } = secret;
  if (type === 'REFERENCE' || (type !== 'VALUE' && reference)) return resolved(secret, resolver);
  if (type !== 'VALUE') return { problem: 'its secret has no type: VALUE and REFERENCE are allowed' };
  if (reference) return { problem: "a secret of type VALUE must not have the 'reference' field set" };
  if (value === undefined) return { problem: "a secret of type VALUE must have the 'value' field set" };
  return bytesOf(value);
}

async function resolved(secret: Secret, resolver: SecretResolver | undefined): Promise<Found> {
  const { reference, value } = secret;
  if (reference === undefined) return { problem: "a secret of type REFERENCE must have the 'reference' field set" };
  if (value) return { problem: "a secret of type REFERENCE must not have the 'value' field set" };
  const name = `secret '${reference.name}'`;
  if (resolver === undefined) {
    return { problem: `${name} is given by reference, for which the agent needs --secret_resolver; give its value` };
  }
  try {
    return bytesOf(await resolver.resolve(secret));
  } catch (error) {
    return { problem: `${name} was not resolved: ${error instanceof Error ? error.message : String(error)}` };
  }
}

function bytesOf({ data }: SecretValue): Found {
  const bytes = Buffer.from(data, 'base64');
  if (bytes.length <= longestBytes) return { bytes };
  return { problem: `its secret has ${bytes.length} bytes; ${longestBytes} are allowed` };
}

/**
 * Returns the variables of a command with the values of their secrets, which become text of the environment.
 *
 * @throws {LaunchError} `INVALID`, naming the variable, not its value.
 * @see Mesos src/slave/containerizer/mesos/isolators/environment_secret.cpp
 */
export async function withSecrets(
  variables: readonly EnvironmentVariable[],
  resolver: SecretResolver | undefined,
): Promise<readonly EnvironmentVariable[]> {
  return Promise.all(
    variables.map(async variable => {
      const { name, type, secret } = variable;
      if (type !== 'SECRET') return variable;
      const found = secret ? await findSecret(secret, resolver) : { problem: "it has no 'secret'" };
      const problem = 'problem' in found ? found.problem : textProblem(found.bytes);
      if (problem !== undefined) throw new LaunchError('INVALID', `Environment variable '${name}': ${problem}`);
      return 'bytes' in found ? { name, value: found.bytes.toString('utf8') } : variable;
    }),
  );
}

function textProblem(value: Buffer): string | undefined {
  if (value.includes(0)) return 'its secret has a zero byte, which no variable can have; use a volume';
  return isUtf8(value) ? undefined : 'its secret is not text in UTF-8; use a volume';
}
