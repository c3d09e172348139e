import { availableParallelism } from 'node:os';
import { idProblem, type Parameter } from '@meseta/protocol';
import { ModuleError } from '../errors.ts';
import { type MethodName, methods } from './methods.ts';

/** The configuration of a command module. */
export interface CommandConfiguration {
  /** Value of `module_name`: names the module in logs, metrics and on disk. */
  readonly name: string;
  readonly debug: boolean;
  readonly mode: 'fork' | 'persistent';
  /** Whether a decorator's answer replaces the present value or is added to it. */
  readonly merge: 'replace' | 'append';
  readonly maxConcurrent: number;
  /** The configured commands, by method. */
  readonly commands: ReadonlyMap<MethodName, ConfiguredCommand>;
}

/** The command of one method, and its times. */
export interface ConfiguredCommand {
  readonly command: string;
  readonly timeoutMs: number;
  /** For `watch`: the time from the end of a run to the start of the next, in milliseconds. */
  readonly frequenceMs: number;
}

const defaultSeconds = 30;
/** The longest time that a timer of Node.js can wait, in seconds. */
const maximumSeconds = 2_147_483;
const commandsPerCore = 4;

/**
 * Reads the parameters of a command module. Hooks and isolators accept the parameters of all methods, as in
 * mesos-command-modules. Of a repeated key, the last value counts.
 *
 * @param module its name in `--modules`, for messages.
 * @param warn receives a sentence about each unknown key.
 * @throws {ModuleError} `MODULE_PARAMETER`, naming module and key.
 */
export function commandConfiguration(
  module: string,
  parameters: readonly Parameter[],
  warn: (message: string) => void,
): CommandConfiguration {
  const values = new Map(parameters.map(({ key, value }) => [key, value]));
  const known = new Set<string>();
  const fail = (key: string, problem: string) =>
    new ModuleError('MODULE_PARAMETER', `Module '${module}', parameter '${key}': ${problem}`);
  const read = (key: string) => {
    known.add(key);
    return values.get(key) ?? '';
  };
  const choice = <const T extends string>(key: string, ...choices: readonly [T, ...T[]]): T => {
    const value = read(key);
    const found = value === '' ? choices[0] : choices.find(each => each === value);
    if (found === undefined) throw fail(key, `expecting ${choices.join(' or ')}, got '${value}'`);
    return found;
  };
  const seconds = (key: string, least: number) => {
    const text = read(key).trim();
    const value = text === '' ? defaultSeconds : Number(text);
    if (!/^(\d+\.?\d*|\.\d+)?$/.test(text)) throw fail(key, `expecting a number of seconds, got '${text}'`);
    if (value > maximumSeconds) throw fail(key, `${text} seconds is too long, the maximum is ${maximumSeconds}`);
    if (value < least) throw fail(key, `expecting more than 0 seconds, got '${text}'`);
    return value * 1000;
  };

  const name = read('module_name');
  if (name === '') throw fail('module_name', 'it is required: a name for logs, metrics and state on disk');
  const problem = idProblem(name);
  if (problem !== undefined) throw fail('module_name', `it must be usable as the name of a directory: ${problem}`);
  const commands = new Map<MethodName, ConfiguredCommand>();
  for (const { name: method, key } of methods) {
    const command = read(`${key}_command`);
    const timeoutMs = seconds(`${key}_timeout`, 0.001);
    const frequenceMs = method === 'watch' ? seconds(`${key}_frequence`, 0) : 0;
    if (command.includes('\0')) throw fail(`${key}_command`, 'it contains a NUL');
    if (command !== '') commands.set(method, { command, timeoutMs, frequenceMs });
  }
  const mode = choice('mode', 'fork', 'persistent');
  if (mode === 'persistent') checkOneCommand(commands, fail);
  const concurrent = read('max_concurrent_commands');
  if (!/^\d*$/.test(concurrent) || concurrent === '0') {
    throw fail('max_concurrent_commands', `expecting a whole number above 0, got '${concurrent}'`);
  }
  const configuration: CommandConfiguration = {
    name,
    debug: read('debug') === 'true',
    mode,
    merge: choice('merge', 'replace', 'append'),
    maxConcurrent: Number(concurrent) || availableParallelism() * commandsPerCore,
    commands,
  };
  for (const key of values.keys()) {
    const hint = known.has(`${key}_command`) ? `; did you mean '${key}_command'?` : '';
    if (!known.has(key)) warn(`Module '${module}': parameter '${key}' is unknown and has no effect${hint}`);
  }
  return configuration;
}

/** Checks that all commands of a module are the same: it has one co-process. */
function checkOneCommand(
  commands: ReadonlyMap<MethodName, ConfiguredCommand>,
  fail: (key: string, problem: string) => ModuleError,
): void {
  const [first] = commands.values();
  for (const { name, key } of methods) {
    const command = commands.get(name)?.command ?? first?.command;
    if (command === first?.command) continue;
    throw fail(
      `${key}_command`,
      `in persistent mode all commands of a module must be the same, expecting '${first?.command}'`,
    );
  }
}
