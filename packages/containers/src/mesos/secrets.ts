import { isUtf8 } from 'node:buffer';
import type { EnvironmentVariable, Secret } from '@meseta/protocol';
import { LaunchError } from '../errors.ts';

/** Secrets are written by the agent to memory that the kernel cannot take back before the container ends. */
const longestBytes = 1024 * 1024;

/**
 * Returns what keeps the value of a secret from being used, as the end of a sentence; undefined when nothing does.
 *
 * @see Mesos src/common/validation.cpp, validateSecret
 */
export function secretProblem({ type, reference, value }: Secret): string | undefined {
  if (type === 'REFERENCE' || (type !== 'VALUE' && reference)) {
    return `secrets by reference ('${reference?.name ?? ''}') need a secret resolver (--secret_resolver), which is not built yet; give its value`;
  }
  if (type !== 'VALUE') return 'its secret has no type: VALUE is allowed';
  if (reference) return "a secret of type VALUE must not have the 'reference' field set";
  if (value === undefined) return "a secret of type VALUE must have the 'value' field set";
  const bytes = Buffer.byteLength(value.data, 'base64');
  return bytes > longestBytes ? `its secret has ${bytes} bytes; ${longestBytes} are allowed` : undefined;
}

/** Returns the bytes of a secret without a problem. */
export function secretBytes({ value }: Secret): Buffer {
  return Buffer.from(value?.data ?? '', 'base64');
}

/**
 * Checks the secrets among the variables of a command. Their values become text of the environment.
 *
 * @throws {LaunchError} `INVALID`, naming the variable, not its value.
 * @see Mesos src/slave/containerizer/mesos/isolators/environment_secret.cpp
 */
export function checkSecretVariables(variables: readonly EnvironmentVariable[]): void {
  for (const { name, type, secret } of variables) {
    if (type !== 'SECRET') continue;
    const problem = secret ? (secretProblem(secret) ?? textProblem(secretBytes(secret))) : "it has no 'secret'";
    if (problem !== undefined) throw new LaunchError('INVALID', `Environment variable '${name}': ${problem}`);
  }
}

function textProblem(value: Buffer): string | undefined {
  if (value.includes(0)) return 'its secret has a zero byte, which no variable can have; use a volume';
  return isUtf8(value) ? undefined : 'its secret is not text in UTF-8; use a volume';
}
