/** Finds the command of a task that a custom executor runs. Pure. */
import type { CommandInfo, TaskInfo } from '@meseta/protocol';
import { endsInExec, operatorBehind } from './shell-operators.ts';

/** A program and all of its argv. */
export interface Program {
  readonly file: string;
  readonly argv: readonly string[];
}

/** The words by which this process was started, without the interpreter: `['/opt/meseta/meseta.mjs', 'executor']`. */
export type OwnWords = readonly [script: string, ...subcommand: string[]];

/**
 * Returns what runs in place of the task's command: the words after `--override`, found in PATH.
 *
 * @see Mesos src/launcher/executor.cpp, of 0.20: programs of external containerizers let it watch what they started
 */
export function overrideOf(argv: readonly string[]): Program | undefined {
  const start = argv.indexOf('--override');
  const [file, ...rest] = start < 0 ? [] : argv.slice(start + 1);
  return file === undefined ? undefined : { file: '/usr/bin/env', argv: ['env', '--', file, ...rest] };
}

const forms =
  "no command found for this task: expected a task group's own 'command', or an executor command of the form " +
  "'<program> <command>', '<program> -- <command>' or Marathon's form of it; with 'shell: false', arguments after '--'";

/**
 * Returns the program of a task: its own command, else the rest of the executor's command line.
 *
 * @throws when there is none.
 */
export function taskProgram({ command, executor }: Pick<TaskInfo, 'command' | 'executor'>, own: OwnWords): Program {
  if (command?.value !== undefined) return program(command);
  const found = executor?.command && commandAfter(executor.command, own);
  if (!found) throw new Error(forms);
  return found;
}

/**
 * Returns the program of a command: with `shell`, `/bin/sh` runs the value; else `arguments` are all of argv.
 *
 * @throws when the command has no value.
 * @see Mesos src/launcher/executor.cpp
 */
export function program({ shell, value, arguments: argv }: CommandInfo): Program {
  if (value === undefined) throw new Error('the command has no value');
  if (shell ?? true) return { file: '/bin/sh', argv: ['sh', '-c', value] };
  return { file: value, argv: argv?.length ? argv : [value] };
}

/** Returns the command that follows the executor's own words. */
function commandAfter({ shell, value = '', arguments: argv = [] }: CommandInfo, own: OwnWords): Program | undefined {
  if (shell ?? true) {
    const found = shellRest(value, own);
    const line = found?.line?.trim();
    if (!found || !line) return undefined;
    const operator = operatorBehind(line, found.isReplaced);
    if (operator) throw new Error(runTwice(operator, found.isReplaced));
    return { file: '/bin/sh', argv: ['sh', '-c', line] };
  }
  const rest = argvRest(argv, own);
  const [file] = rest;
  return file === undefined ? undefined : { file, argv: rest };
}

const marathon = /^chmod ug\+rx '([^']+)' && exec '\1'(?:\s+(.*))?$/s;

function runTwice(operator: string, isReplaced: boolean): string {
  const orExec = isReplaced || ['|', '|&', '&'].includes(operator) ? '' : ", or put 'exec' in front";
  return `the agent's shell would run what follows the unquoted '${operator}' as well: give the command as one word, '<program> -- sh -c "…"'${orExec}`;
}

/**
 * The task's part of a command line, and whether the agent's shell became the executor by `exec`, so that it reads no
 * further commands.
 */
interface ShellRest {
  readonly line: string | undefined;
  readonly isReplaced: boolean;
}

function shellRest(value: string, own: OwnWords): ShellRest | undefined {
  const wrapped = marathon.exec(value.trim());
  if (wrapped) return { line: afterDashes(wrapped[2] ?? ''), isReplaced: true };
  for (const words of spellings(own)) {
    const [first = '', ...more] = words.map(word => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
    const pattern = [`(?:^|[\\s'"/])${first}['"]?`, ...more].join('\\s+');
    const match = new RegExp(`${pattern}(?=\\s|$)`).exec(value);
    if (!match) continue;
    const line = afterDashes(value.slice(match.index + match[0].length));
    return { line, isReplaced: endsInExec(value.slice(0, match.index + 1)) };
  }
  // Another program wraps the executor: `--` marks the start of the task's command.
  const dashes = /\s--\s(.*)$/s.exec(value);
  return dashes ? { line: dashes[1], isReplaced: endsInExec(value.slice(0, dashes.index)) } : undefined;
}

/** Removes the executor's own arguments, which begin with a dash. The task's command then follows the first `--`. */
function afterDashes(rest: string): string | undefined {
  const line = rest.trimStart();
  return line.startsWith('-') ? /^(?:\S+\s+)*?--\s+(.*)$/s.exec(line)?.[1] : line;
}

function argvRest(argv: readonly string[], own: OwnWords): readonly string[] {
  const dashes = argv.indexOf('--');
  const end = ownEnd(argv, own);
  if (end !== undefined && argv[end] !== undefined && !argv[end].startsWith('-')) return argv.slice(end);
  return dashes < 0 ? [] : argv.slice(dashes + 1);
}

function ownEnd(argv: readonly string[], own: OwnWords): number | undefined {
  for (const words of spellings(own)) {
    const start = argv.findIndex((_, index) =>
      words.every((word, offset) => (offset === 0 ? basename(argv[index] ?? '') : argv[index + offset]) === word),
    );
    if (start >= 0) return start + words.length;
  }
  return undefined;
}

/** Returns the forms in which a command line may name this program: `meseta.mjs executor` is also `meseta executor`. */
function spellings([script, ...subcommand]: OwnWords): string[][] {
  const name = basename(script);
  const bare = name.replace(/\.[cm]?[jt]s$/, '');
  return [...new Set([name, bare])].map(first => [first, ...subcommand]);
}

const basename = (path: string): string => path.slice(path.lastIndexOf('/') + 1);
