import { commandProblem } from '@meseta/daemon';
import type { CheckInfo, CommandInfo, HealthCheck } from '@meseta/protocol';
import { firstProblem, type Problem, prefixed, type Rule } from '../../validation/rule.ts';

/** Longest time a message can say, in seconds: 2^63 nanoseconds. */
const LONGEST_SECONDS = 2 ** 63 / 1e9;

/** Tells whether a time can be waited for. NaN cannot. */
function isTime(seconds: number | undefined): boolean {
  return seconds === undefined || (seconds >= 0 && seconds <= LONGEST_SECONDS);
}

function timesProblem(times: Readonly<Record<string, number | undefined>>): Problem {
  const wrong = Object.entries(times).find(([, seconds]) => !isTime(seconds));
  return wrong && `Expecting '${wrong[0]}' to be non-negative`;
}

function programProblem(command: CommandInfo, owner: string): Problem {
  if (command.value !== undefined) return undefined;
  return `${owner} must contain ${(command.shell ?? true) ? "'shell command'" : "'executable path'"}`;
}

/** @see Mesos src/common/validation.cpp, validateHealthCheck */
export const healthCheckProblem: Rule<HealthCheck> = check =>
  firstProblem([healthCheckPartProblem, healthCheckTimesProblem], check);

function healthCheckPartProblem({ type, command, http, tcp }: HealthCheck): Problem {
  switch (type) {
    case undefined:
      return "HealthCheck must specify 'type'";
    case 'COMMAND':
      if (command === undefined) return "Expecting 'command' to be set for COMMAND health check";
      return (
        programProblem(command, 'Command health check') ??
        prefixed("Health check's `CommandInfo` is invalid: ", commandProblem(command))
      );
    case 'HTTP':
      if (http === undefined) return "Expecting 'http' to be set for HTTP health check";
      if (http.scheme !== undefined && http.scheme !== 'http' && http.scheme !== 'https') {
        return `Unsupported HTTP health check scheme: '${http.scheme}'`;
      }
      if (http.path?.startsWith('/') === false) {
        return `The path '${http.path}' of HTTP health check must start with '/'`;
      }
      return undefined;
    case 'TCP':
      return tcp === undefined ? "Expecting 'tcp' to be set for TCP health check" : undefined;
    default:
      return `'${type}' is not a valid health check type`;
  }
}

function healthCheckTimesProblem(check: HealthCheck): Problem {
  const { delay_seconds, grace_period_seconds, interval_seconds, timeout_seconds } = check;
  return timesProblem({ delay_seconds, grace_period_seconds, interval_seconds, timeout_seconds });
}

/** @see Mesos src/common/validation.cpp, validateCheckInfo */
export const checkProblem: Rule<CheckInfo> = check => firstProblem([checkPartProblem, checkTimesProblem], check);

function checkPartProblem({ type, command, http, tcp }: CheckInfo): Problem {
  switch (type) {
    case undefined:
      return "CheckInfo must specify 'type'";
    case 'COMMAND':
      if (command === undefined) return "Expecting 'command' to be set for COMMAND check";
      return (
        programProblem(command.command, 'Command check') ??
        prefixed("Check's `CommandInfo` is invalid: ", commandProblem(command.command))
      );
    case 'HTTP':
      if (http === undefined) return "Expecting 'http' to be set for HTTP check";
      if (http.path?.startsWith('/') === false) return `The path '${http.path}' of HTTP check must start with '/'`;
      return undefined;
    case 'TCP':
      return tcp === undefined ? "Expecting 'tcp' to be set for TCP check" : undefined;
    default:
      return `'${type}' is not a valid check type`;
  }
}

function checkTimesProblem({ delay_seconds, interval_seconds, timeout_seconds }: CheckInfo): Problem {
  return timesProblem({ delay_seconds, interval_seconds, timeout_seconds });
}
