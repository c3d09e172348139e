/** Finds the subcommand, runs it, and prints errors as one line with an exit code. */

import { closest } from '@meseta/flags/did-you-mean';
import type { HttpAnswerError } from '@meseta/process';
import { type Entry, helpOf, twoColumns, UsageError } from './command.ts';
import { aliases, commands, namesElsewhere } from './commands.ts';
import { credentialFile } from './credential.ts';
import { leaveWithReader } from './output.ts';
import { style } from './table.ts';

/** Runs the command line and exits with its exit code. @param argv the words after `meseta`. */
export async function main(argv: string[]): Promise<void> {
  process.stdout.on('error', leaveWithReader);
  process.stderr.on('error', () => undefined); // the error cannot be reported
  process.exitCode = await dispatch(argv);
}

const isHelp = (word: string | undefined) => word === '--help' || word === '-h';

/** Replaces an alias at the beginning of the words. */
function unaliased(words: string[]): string[] {
  for (const length of [2, 1]) {
    const name = words.slice(0, length).join(' ');
    const meant = Object.hasOwn(aliases, name) ? aliases[name] : undefined;
    if (meant !== undefined) return [...meant.split(' '), ...words.slice(length)];
  }
  return words;
}

async function dispatch(given: string[]): Promise<number> {
  if (given[0] === 'help') return help(unaliased(given.slice(1)));
  const argv = unaliased(given);
  const entry = entryOf(argv);
  // `agent` is a daemon and a group: a word that is no flag must be a mistyped subcommand, never start a daemon.
  if (entry && isOwnGroup(entry) && argv[1] !== undefined && !argv[1].startsWith('-')) return unknown(argv);
  if (!entry) return argv.length === 0 || argv.some(isHelp) ? help(argv.filter(word => !isHelp(word))) : unknown(argv);
  const command = await entry.load();
  const rest = argv.slice(entry.name.split(' ').length);
  const asksHelp = command.parsesWords ? rest.some(isHelp) && !rest.includes('--') : isHelp(rest[0]);
  if (rest.includes('--help') && isOwnGroup(entry)) return help([entry.name]);
  if (asksHelp && !entry.ownFlags && (!command.takesCommand || isHelp(rest[0]))) return help(entry.name.split(' '));
  try {
    return await command.run(rest);
  } catch (error) {
    return explain(error, entry.name);
  }
}

function entryOf(words: readonly string[]): Entry | undefined {
  const two = words.slice(0, 2).join(' ');
  return commands.find(({ name }) => name === two) ?? commands.find(({ name }) => name === words[0]);
}

/** Prints the help of a command, of a group of commands, or of all. */
async function help(words: readonly string[]): Promise<number> {
  const entry = entryOf(words);
  if (entry?.ownFlags) {
    const code = await (await entry.load()).run(['--help']);
    if (isOwnGroup(entry)) process.stdout.write(`\n${listing(groupOf(entry.name))}`);
    return code;
  }
  if (entry) process.stdout.write(helpOf(await entry.load(), helpColumns()));
  else if (words.length === 0 || words[0] === 'help') process.stdout.write(listing(commands));
  else {
    const group = groupOf(words[0]);
    if (group.length === 0 || words.length > 1) return unknown(words);
    process.stdout.write(listing(group));
  }
  return 0;
}

/** Tells whether the words of an entry are also the first word of others. */
function isOwnGroup({ name, ownFlags }: Entry): boolean {
  return ownFlags === true && groupOf(name).length > 0;
}

function groupOf(word: string | undefined): readonly Entry[] {
  return commands.filter(({ name }) => name.startsWith(`${word} `));
}

/** Returns the width of help: that of the terminal, but lines that are too long are hard to read. */
function helpColumns(): number {
  return Math.min(process.stdout.columns || 80, 100);
}

function listing(entries: readonly Entry[]): string {
  const width = Math.max(...entries.map(({ name }) => name.length)) + 1;
  const groups: { heading: string | undefined; rows: [string, string][] }[] = [];
  for (const { name, summary, heading } of entries) {
    const begins = heading !== undefined && entries === commands;
    if (begins || groups.length === 0) groups.push({ heading: begins ? heading : undefined, rows: [] });
    groups.at(-1)?.rows.push([`  ${name.padEnd(width)}`, summary]);
  }
  const lines = groups
    .map(
      ({ heading, rows }) =>
        `${heading === undefined ? '' : `${style('bold', heading)}\n`}${twoColumns(rows, helpColumns())}`,
    )
    .join('\n');
  return `meseta: an Apache Mesos-compatible cluster manager\n\nUsage: meseta COMMAND …\n\n${lines}\n'meseta COMMAND --help' tells more.\n`;
}

/** Reports an unknown command, or the name of a group without a second word. */
function unknown(words: readonly string[]): number {
  const [first = '', second = ''] = words;
  const group = groupOf(first);
  const names = commands.map(({ name }) => name);
  const meant =
    (Object.hasOwn(namesElsewhere, first) ? namesElsewhere[first] : undefined) ??
    closest(`${first} ${second}`, names) ??
    closest(first, [...names, ...groupsOf(names)]);
  const said = group.length > 0 ? `${first} ${second}` : first;
  const problem =
    group.length > 0 && second === ''
      ? `'${first}' needs a second word`
      : `there is no command '${said}'${meant === undefined ? '' : `; did you mean meseta ${meant}?`}`;
  const listed = group.length > 0 ? group : meant === undefined ? commands : undefined;
  process.stderr.write(`meseta: ${problem}\n${listed ? `\n${listing(listed)}` : "See 'meseta --help'.\n"}`);
  return 2;
}

function groupsOf(names: readonly string[]): string[] {
  return names.filter(name => name.includes(' ')).map(name => name.split(' ')[0] ?? '');
}

function explain(error: unknown, name: string): number {
  const usage = error instanceof UsageError;
  const message = error instanceof Error ? reasons(error) : String(error);
  process.stderr.write(`${style('red', `meseta ${name}:`, process.stderr)} ${message}\n`);
  if (usage) process.stderr.write(`See 'meseta ${name} --help'.\n`);
  if (process.env.MESETA_DEBUG && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  return usage ? 2 : 1;
}

/** The codes of errors whose message includes that of their cause. */
const shownWithoutCause = new Set<string | undefined>(['NOT_FOUND', 'LOCAL_FILE', 'TEMPORARY_DIRECTORY']);

/** Returns a daemon's message about a refused request, with its code, which `docs/reference/errors.md` explains. */
function answered({ status, message, reason }: HttpAnswerError): string {
  const words =
    accessProblem(status, message) ?? (message.trimEnd() || 'the daemon refused the request without a reason');
  return reason === undefined ? words : `${words} (${reason})`;
}

/** The body of a refusal by rules, of Mesos and ours. */
const refusedByRules = /^403 Forbidden\.?\s*$/;

/** Returns what a user can do when a daemon wants to know who asks, or refuses that; undefined for other refusals. */
function accessProblem(status: number, message: string): string | undefined {
  const file = credentialFile();
  if (status === 403 && refusedByRules.test(message)) {
    const who = file === undefined ? 'requests without a credential' : `the principal in '${file}'`;
    return `the rules of the cluster do not allow this to ${who}`;
  }
  if (status !== 401) return undefined;
  return file === undefined
    ? 'the cluster asks who you are: give --credential or $MESETA_CREDENTIAL, a file with your principal and secret or a token'
    : `the cluster does not take the credential in '${file}' for this`;
}

/** Returns the messages of an error and its causes. */
function reasons(error: Error): string {
  const { code } = error as NodeJS.ErrnoException;
  // Connection errors explain their cause in their own message.
  const explained = code === 'HTTP_CONNECTION_FAILED' || code === 'HTTP_ERROR';
  const cause = error.cause instanceof Error && !explained ? `: ${reasons(error.cause)}` : '';
  if (shownWithoutCause.has(code)) return error.message;
  const text = (code === 'HTTP_ERROR' ? answered(error as HttpAnswerError) : error.message || code) || error.name;
  if (text.includes(cause.slice(2))) return text.trimEnd();
  return (cause.endsWith(text) ? cause.slice(2) : text + cause).trimEnd();
}
