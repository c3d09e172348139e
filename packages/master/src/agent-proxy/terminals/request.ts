/** What the request for a terminal asks for. Pure. */
import { HttpError } from '@meseta/process';
import {
  type AgentCallLaunchNestedContainerSession,
  type CommandInfo,
  type ContainerID,
  idProblem,
} from '@meseta/protocol';
import { loginShell } from '@meseta/scheduler';

/** A terminal that is asked for. */
export interface TerminalRequest {
  readonly frameworkId: string;
  readonly taskId: string;
  readonly argv: readonly [string, ...string[]];
  readonly size: { readonly rows: number; readonly columns: number };
  /** The `TERM` of its environment; undefined: the agent's default. */
  readonly term: string | undefined;
  /** Undefined: the task's. */
  readonly user: string | undefined;
  /** How many bytes of output may be under way that the client has not confirmed; undefined: as many as the connection takes. */
  readonly window: number | undefined;
  /** How many bytes of input the client sends before the master confirms them; undefined: it wants no confirmation. */
  readonly inputWindow: number | undefined;
}

/** The parameters, for the reference. */
export const terminalParameters: Readonly<Record<string, string>> = {
  framework_id: 'Of a terminal: the framework of the task.',
  task_id: 'Of a terminal: the task, which runs on this agent.',
  command:
    'Of a terminal: the program to run, and again for each of its arguments. Default: a shell, as of `meseta task shell`.',
  rows: 'Of a terminal: its height. Default: 24.',
  columns: 'Of a terminal: its width. Default: 80.',
  term: 'Of a terminal: what it understands, such as `xterm-256color`, for the variable `TERM`.',
  user: "Of a terminal: the user that the command runs as. Default: the task's.",
  window:
    'Of a terminal: how many bytes of output may be under way before the client confirms them by frames of the kind 3. Default: no such limit.',
  input_window:
    'Of a terminal: how many bytes of input the client sends at most before the master confirms them by frames of the kind 3. Default: it confirms none.',
};

const largestSize = 0xffff;
const largestWindow = 16 * 1024 * 1024;
const largestInputWindow = 1024 * 1024;

/** Reads the parameters. @throws {HttpError} 400 that names the parameter. */
export function terminalRequest(query: URLSearchParams): TerminalRequest {
  const [program = loginShell[0], ...words] = query.getAll('command');
  const isShell = !query.has('command');
  const term = query.get('term') ?? undefined;
  if (term !== undefined && !/^[\w.+-]{1,64}$/.test(term))
    throw invalid('term', 'a name of letters, digits, . + - and _', term);
  const argv = [program, ...words];
  if (argv.some(word => word.includes('\0'))) throw invalid('command', 'words without NUL', argv.join(' '));
  if (program === '') throw invalid('command', 'a program', program);
  return {
    frameworkId: idOf(query, 'framework_id'),
    taskId: idOf(query, 'task_id'),
    argv: isShell ? loginShell : [program, ...words],
    size: { rows: numberOf(query, 'rows', largestSize) ?? 24, columns: numberOf(query, 'columns', largestSize) ?? 80 },
    term,
    user: query.get('user') || undefined,
    window: numberOf(query, 'window', largestWindow),
    inputWindow: numberOf(query, 'input_window', largestInputWindow),
  };
}

/** Returns the command that an agent runs for it. */
export function commandOf({ argv, term, user }: TerminalRequest): CommandInfo {
  return {
    ...{ shell: false, value: argv[0], arguments: [...argv] },
    ...(user !== undefined && { user }),
    ...(term !== undefined && { environment: { variables: [{ name: 'TERM', value: term }] } }),
  };
}

/** Returns the call that launches it. */
export function launchOf(request: TerminalRequest, container_id: ContainerID): AgentCallLaunchNestedContainerSession {
  const container = { type: 'MESOS', tty_info: { window_size: request.size } } as const;
  return { container_id, command: commandOf(request), container };
}

function idOf(query: URLSearchParams, name: string): string {
  const value = query.get(name);
  if (!value)
    throw new HttpError('PARAMETER_MISSING', `Expecting '${name}=value' in query: a terminal is one in a task`);
  const problem = idProblem(value);
  if (problem === undefined) return value;
  throw new HttpError('PARAMETER_INVALID', `Parameter '${name}' is no id: ${problem}`);
}

function numberOf(query: URLSearchParams, name: string, largest: number): number | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  const value = Number(text);
  if (/^\d{1,9}$/.test(text) && value > 0 && value <= largest) return value;
  throw invalid(name, `a whole number from 1 to ${largest}`, text);
}

function invalid(name: string, expected: string, given: string): HttpError {
  return new HttpError('PARAMETER_INVALID', `Parameter '${name}' is ${expected}, unlike '${given}'`);
}
