import type { CommandInfo, EnvironmentVariable, Secret } from '@meseta/protocol';
import { firstProblem, type Problem } from './problem.ts';

/**
 * Returns what is wrong with a command: only its environment is looked at.
 *
 * @see Mesos src/common/validation.cpp, validateCommandInfo
 */
export function commandProblem(command: CommandInfo): Problem {
  return firstProblem(command.environment?.variables, variableProblem);
}

function variableProblem(variable: EnvironmentVariable): Problem {
  switch (variable.type ?? 'VALUE') {
    case 'SECRET':
      return secretVariableProblem(variable);
    case 'VALUE':
      return plainVariableProblem(variable);
    default:
      return "Environment variable of type 'UNKNOWN' is not allowed";
  }
}

function plainVariableProblem({ name, value, secret }: EnvironmentVariable): Problem {
  if (value === undefined) return `Environment variable '${name}' of type 'VALUE' must have a value set`;
  if (secret !== undefined) return `Environment variable '${name}' of type 'VALUE' must not have a secret set`;
  return undefined;
}

function secretVariableProblem({ name, value, secret }: EnvironmentVariable): Problem {
  if (secret === undefined) return `Environment variable '${name}' of type 'SECRET' must have a secret set`;
  if (value !== undefined) return `Environment variable '${name}' of type 'SECRET' must not have a value set`;
  const problem = secretProblem(secret);
  if (problem !== undefined) return `Environment variable '${name}' specifies an invalid secret: ${problem}`;
  if (Buffer.from(secret.value?.data ?? '', 'base64').includes(0)) {
    return `Environment variable '${name}' specifies a secret containing null bytes, which is not allowed in the environment`;
  }
  return undefined;
}

function secretProblem({ type, reference, value }: Secret): Problem {
  if (type === 'REFERENCE') {
    if (reference === undefined) return "Secret of type REFERENCE must have the 'reference' field set";
    return value && `Secret '${reference.name}' of type REFERENCE must not have the 'value' field set`;
  }
  if (type === 'VALUE') {
    if (value === undefined) return "Secret of type VALUE must have the 'value' field set";
    if (reference !== undefined) return "Secret of type VALUE must not have the 'reference' field set";
  }
  return undefined;
}
