import { getSystemErrorMessage, getSystemErrorName } from 'node:util';
import type { User } from '@meseta/system';
import type { ContainerKey } from '../container-id.ts';
import { LaunchError } from '../errors.ts';
import { launchFields } from '../shim/request.ts';
import { startFailure } from '../shim/start-failure.ts';
import { type LaunchStep, planFields, stepWords } from './launch-steps.ts';
import { containerMarker, type LaunchSpec, pause } from './launcher.ts';

/** Linux's MAX_ARG_STRLEN: the maximum length of an argument or a `NAME=value`, including the final NUL. */
const maximumStringBytes = 32 * 4096;

/**
 * Returns the fields of a spawner's `launch` request (see shim.pl).
 *
 * @throws {LaunchError} `INVALID` or `TOO_LONG` for what execve(2) would refuse.
 */
export function launchRequest(
  id: ContainerKey,
  spec: LaunchSpec,
  user: User | undefined,
  steps: readonly LaunchStep[] = [],
): string[] {
  const file = fileOf(spec);
  if (spec.file !== pause && spec.argv.length === 0) throw invalid(id, 'argv is empty');
  if (spec.file === '') throw invalid(id, 'the program is an empty string');
  for (const path of [file, spec.workingDirectory, spec.stdin ?? '', spec.stdout, spec.stderr])
    checkString(id, `path '${path}'`, path);
  spec.argv.forEach((argument, index) => {
    checkString(id, `argument ${index}`, argument);
  });
  const variables = Object.entries({ ...spec.environment, [containerMarker]: id }).map(([name, value]) => {
    if (name === '' || name.includes('=')) throw invalid(id, `'${name}' is not a name for an environment variable`);
    checkString(id, `environment variable ${name}`, `${name}=${value}`);
    return `${name}=${value}`;
  });
  const { argv, workingDirectory, stdin, stdout, stderr, umask = 0o022 } = spec;
  return launchFields({
    ...{ id, file, argv, environment: variables, workingDirectory },
    ...{ output: { stdin, stdout, stderr }, user, umask },
    plan: planFields(checkedSteps(id, steps)),
  });
}

/** Returns the program's file as a request has it: empty for {@link pause}. */
function fileOf({ file }: LaunchSpec): string {
  return file === pause ? '' : file;
}

function checkedSteps(id: ContainerKey, steps: readonly LaunchStep[]): readonly LaunchStep[] {
  for (const step of steps) for (const field of step) checkString(id, `'${field}' of its launch plan`, field);
  return steps;
}

/**
 * Converts a shim's `failed` to an error that tells the operator what to do.
 *
 * @param steps those of the launch, which `step<number>` names one of.
 */
export function launchFailure(
  spec: LaunchSpec,
  errno: number,
  step: string,
  steps: readonly LaunchStep[] = [],
): LaunchError {
  const name = errno === 0 ? undefined : getSystemErrorName(-errno);
  const reason = name === undefined ? 'unknown error' : `${name}: ${getSystemErrorMessage(-errno)}`;
  const code = step === 'runtime' && name === 'EEXIST' ? 'EXISTS' : 'EXEC';
  const more = name === undefined ? undefined : remedy(spec, step, name);
  const planned = steps[Number(/^step(\d+)$/.exec(step)?.[1])];
  const explained = more === undefined ? reason : `${reason}: ${more}`;
  const message = planned
    ? `Failed to ${stepWords(planned)}: ${explained}`
    : startFailure({ ...spec, file: fileOf(spec) }, step, explained);
  return new LaunchError(code, message, { step, ...(name && { errno: name }) });
}

/** Returns what the operator can do, when the reason alone does not say it. */
function remedy(spec: LaunchSpec, step: string, errno: string): string | undefined {
  if (step === 'exec' && errno === 'E2BIG') return largest(spec);
  if (step === 'fork' && errno === 'EAGAIN') return tooManyProcesses;
  return undefined;
}

const tooManyProcesses =
  'there are as many processes as the user or the control group may have. End some, or raise the limit (ulimit -u, TasksMax= of systemd, pids.max)';

function largest(spec: LaunchSpec): string {
  const variables = Object.entries(spec.environment).map(([name, value]) => ({
    what: `environment variable ${name}`,
    bytes: Buffer.byteLength(`${name}=${value}`) + 1,
  }));
  const strings = spec.argv.map((argument, index) => ({
    what: `argument ${index}`,
    bytes: Buffer.byteLength(argument) + 1,
  }));
  const all = [...variables, ...strings].sort((a, b) => b.bytes - a.bytes);
  const total = all.reduce((sum, { bytes }) => sum + bytes, 0);
  const limit = "Linux's limit for all together is a quarter of the stack limit";
  return `arguments and environment are ${total} bytes, the largest is ${all[0]?.what} with ${all[0]?.bytes}; ${limit}`;
}

function checkString(id: ContainerKey, what: string, value: string): void {
  if (value.includes('\0')) throw invalid(id, `${what} contains a NUL character`);
  // A UTF-16 unit takes up at most three bytes.
  if (value.length * 3 < maximumStringBytes) return;
  const bytes = Buffer.byteLength(value) + 1;
  if (bytes <= maximumStringBytes) return;
  const limit = `${bytes} bytes long, Linux passes at most ${maximumStringBytes} to a program`;
  throw new LaunchError('TOO_LONG', `Cannot launch container ${id}: ${what} is ${limit}`);
}

function invalid(id: ContainerKey, problem: string): LaunchError {
  return new LaunchError('INVALID', `Cannot launch container ${id}: ${problem}`);
}
