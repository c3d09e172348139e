import { DecodeError, fromV0Json, type MessageType, parseJson } from '@meseta/protocol';
import { ConcurrencyLimit } from '@meseta/system';
import type { Logger, Metrics } from '@meseta/telemetry';
import { CallCounts, type Outcome } from '../call-counts.ts';
import { CommandError } from '../errors.ts';
import { holdLoop } from '../hold-loop.ts';
import type { CommandConfiguration } from './configuration.ts';
import { type MethodName, methodsByName } from './methods.ts';
import { redactInput } from './redact-input.ts';
import type { Answer, CommandRunner } from './runner.ts';

/**
 * The commands of one configured module, shared by its hook and its isolator. Runs commands up to the limit at a time,
 * counts and logs them, and parses their answers.
 */
export class CommandModule {
  readonly configuration: CommandConfiguration;
  readonly log: Logger;
  readonly #runner: CommandRunner;
  readonly #counts: ReadonlyMap<MethodName, CallCounts>;
  readonly #limits: { readonly events: ConcurrencyLimit; readonly polls: ConcurrencyLimit };

  constructor(configuration: CommandConfiguration, runner: CommandRunner, log: Logger, metrics: Metrics) {
    const { name, commands, maxConcurrent } = configuration;
    this.configuration = configuration;
    this.log = log.child({ component: 'modules', module: name });
    this.#runner = runner;
    this.#counts = new Map([...commands.keys()].map(method => [method, new CallCounts(metrics, name, method)]));
    // Two limits, so that polls of many containers, or slow watches, do not delay launches.
    this.#limits = { events: new ConcurrencyLimit(maxConcurrent), polls: new ConcurrencyLimit(maxConcurrent) };
  }

  has(method: MethodName): boolean {
    return this.configuration.commands.has(method);
  }

  /**
   * Runs a method's command.
   *
   * @param input JSON text, one line.
   * @returns the answer, a JSON object; undefined when the command answered nothing, or the method takes no answer.
   * @throws {CommandError} also when the answer is not a JSON object.
   */
  async call(method: MethodName, input: string, signal?: AbortSignal): Promise<object | undefined> {
    const configured = this.configuration.commands.get(method);
    const counts = this.#counts.get(method);
    if (configured === undefined || counts === undefined) return undefined;
    const { command, timeoutMs } = configured;
    const { poll, silent } = methodsByName.get(method) ?? {};
    const limit = poll ? this.#limits.polls : this.#limits.events;
    this.#debug('Calling command', { method, command, timeout_ms: timeoutMs }, () => ({ input: JSON.parse(input) }));
    const count = counts.begin();
    try {
      const run = () => this.#runner.run({ command, method, input, timeoutMs, ...(signal && { signal }) });
      const answer = await holdLoop(() => limit.run(run, signal));
      const output = answer && !silent ? parseAnswer(answer) : undefined;
      this.#debug('Command answered', { method, command }, () => ({ output }));
      count(answer ? 'ok' : 'discarded');
      return output;
    } catch (error) {
      count(outcomeOf(error));
      this.#debug('Command failed', { method, command }, () => ({ error }));
      throw error;
    }
  }

  close(): Promise<void> {
    return this.#runner.close();
  }

  #debug(message: string, fields: object, more: () => object): void {
    if (!this.configuration.debug) return;
    this.log.info(message, { ...fields, ...(redactInput(more()) as object) });
  }
}

function outcomeOf(error: unknown): Outcome {
  const code = error instanceof CommandError ? error.code : undefined;
  return code === 'COMMAND_TIMED_OUT' ? 'timed-out' : code === 'COMMAND_DISCARDED' ? 'discarded' : 'failed';
}

/** Parses an answer. @throws {CommandError} with the message of mesos-command-modules. */
function parseAnswer(answer: Answer): object | undefined {
  if ('text' in answer && answer.text === '') return undefined;
  const value = 'text' in answer ? parseText(answer.text) : answer.value;
  if (value === undefined || (typeof value === 'object' && value !== null && !Array.isArray(value))) return value;
  throw new CommandError('COMMAND_OUTPUT', 'Malformed Protobuf. JSON object is expected.');
}

function parseText(text: string): unknown {
  try {
    return parseJson(text);
  } catch (cause) {
    throw new CommandError('COMMAND_OUTPUT', `Malformed JSON. ${(cause as Error).message}`, { cause });
  }
}

/**
 * Reads a message from a command's answer.
 *
 * @throws {CommandError} with the message of mesos-command-modules.
 */
export function readMessage<T>(type: MessageType<T>, value: object): T {
  try {
    return fromV0Json(type, value);
  } catch (cause) {
    if (!(cause instanceof DecodeError)) throw cause;
    const message = `Error while converting JSON to protobuf. ${cause.message}`;
    throw new CommandError('COMMAND_OUTPUT', message, { cause });
  }
}
