/** Finds the subcommand and runs it; turns errors into one line and an exit code. */
import { type Command, helpOf, UsageError } from './command.ts';
import { leaveWithReader } from './output.ts';
import { style } from './table.ts';

interface Entry {
  /** As typed, `task logs`. */
  readonly name: string;
  readonly summary: string;
  /** Loads the command: none of the others is read from disk. */
  load(): Promise<Command>;
}

const files = async (index: number) => (await import('./commands/files.ts')).filesCommands[index] as Command;

/** Every subcommand, in the order of help. */
export const commands: readonly Entry[] = [
  {
    name: 'run',
    summary: 'Run a command as a task and print its output',
    load: async () => (await import('./commands/run.ts')).default,
  },
  {
    name: 'local',
    summary: 'Run a cluster on this machine',
    load: async () => (await import('./commands/local.ts')).default,
  },
  {
    name: 'master',
    summary: "Run a master; takes Mesos's flags",
    load: async () => (await import('./commands/master.ts')).default,
  },
  {
    name: 'agent',
    summary: "Run an agent; takes Mesos's flags",
    load: async () => (await import('./commands/agent.ts')).default,
  },
  {
    name: 'executor',
    summary: 'Run one task for an agent, with hooks and log scraping',
    load: async () => (await import('./commands/executor.ts')).default,
  },
  { name: 'agents', summary: 'List agents', load: async () => (await import('./commands/agents.ts')).default },
  {
    name: 'frameworks',
    summary: 'List frameworks',
    load: async () => (await import('./commands/frameworks.ts')).default,
  },
  { name: 'tasks', summary: 'List tasks', load: async () => (await import('./commands/tasks.ts')).default },
  {
    name: 'task logs',
    summary: "Print or follow a task's output",
    load: async () => (await import('./commands/task-logs.ts')).default,
  },
  { name: 'task kill', summary: 'Kill a task', load: async () => (await import('./commands/task-kill.ts')).default },
  { name: 'files ls', summary: "List a task's sandbox", load: () => files(0) },
  { name: 'files cat', summary: 'Print a file of a sandbox', load: () => files(1) },
  { name: 'files get', summary: 'Copy a file of a sandbox here', load: () => files(2) },
  { name: 'version', summary: 'Print versions', load: async () => (await import('./commands/version.ts')).default },
];

/** Runs the command line and leaves with its exit code. @param argv the words after `meseta`. */
export async function main(argv: string[]): Promise<void> {
  process.stdout.on('error', leaveWithReader);
  process.stderr.on('error', () => undefined); // there is nobody left to tell
  process.exitCode = await dispatch(argv);
}

async function dispatch(argv: string[]): Promise<number> {
  const words = argv.slice(0, 2).join(' ');
  const entry = commands.find(({ name }) => name === words) ?? commands.find(({ name }) => name === argv[0]);
  if (!entry) return generalHelp(argv);
  const command = await entry.load();
  const rest = argv.slice(entry.name.split(' ').length);
  const takesFlags = entry.name === 'master' || entry.name === 'agent';
  if (!takesFlags && (rest[0] === '--help' || rest[0] === '-h')) {
    process.stdout.write(helpOf(command));
    return 0;
  }
  try {
    return await command.run(rest);
  } catch (error) {
    return explain(error, entry.name);
  }
}

function generalHelp(argv: string[]): number {
  const [word] = argv;
  const asked = word === undefined || word === '--help' || word === '-h' || word === 'help';
  const group = commands.filter(({ name }) => name.startsWith(`${word} `));
  const listed = group.length > 0 ? group : commands;
  const width = Math.max(...listed.map(({ name }) => name.length)) + 3;
  const lines = listed.map(({ name, summary }) => `  ${name.padEnd(width)}${summary}`).join('\n');
  const text = `meseta: an Apache Mesos-compatible cluster manager\n\nUsage: meseta COMMAND …\n\n${lines}\n\n'meseta COMMAND --help' tells more.\n`;
  if (asked) process.stdout.write(text);
  else process.stderr.write(`meseta: there is no command '${argv.slice(0, 2).join(' ')}'\n\n${text}`);
  return asked ? 0 : 2;
}

function explain(error: unknown, name: string): number {
  const usage = error instanceof UsageError;
  const message = error instanceof Error ? reasons(error) : String(error);
  process.stderr.write(`${style('red', `meseta ${name}:`, process.stderr)} ${message}\n`);
  if (usage) process.stderr.write(`See 'meseta ${name} --help'.\n`);
  if (process.env.MESETA_DEBUG && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  return usage ? 2 : 1;
}

/** The messages of an error and its causes. */
function reasons(error: Error): string {
  const cause = error.cause instanceof Error ? `: ${reasons(error.cause)}` : '';
  const text = error.message || (error as NodeJS.ErrnoException).code || error.name;
  return (cause.endsWith(text) ? cause.slice(2) : text + cause).trimEnd();
}
