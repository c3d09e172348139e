/** Lists all subcommands. */
import type { Command, Entry } from './command.ts';

const files = async (index: number) => (await import('./commands/files.ts')).filesCommands[index] as Command;

/** The names of commands in other tools, and the subcommands that correspond to them, for suggestions. */
export const namesElsewhere: Readonly<Record<string, string>> = {
  ...{ ps: 'tasks', ls: 'tasks', status: 'tasks', job: 'tasks', jobs: 'tasks' },
  ...{ logs: 'task logs', log: 'task logs', tail: 'task logs -f', inspect: 'task inspect', show: 'task inspect' },
  ...{ stats: 'task stats', htop: 'top' },
  ...{ kill: 'task kill', stop: 'task kill', rm: 'task kill', cp: 'files get', cat: 'files cat', fs: 'files ls' },
  ...{
    node: 'agents',
    nodes: 'agents',
    start: 'run',
    exec: 'task exec',
    attach: 'task attach',
    sh: 'task shell',
    dev: 'local',
    '-V': 'version',
    '-v': 'version',
  },
};

/** All subcommands, in the order of the help. */
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
    ownFlags: true,
    load: async () => (await import('./commands/master.ts')).default,
  },
  {
    name: 'agent',
    summary: "Run an agent; takes Mesos's flags",
    ownFlags: true,
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
  {
    name: 'framework why',
    summary: 'Explain why a framework is not offered agents',
    load: async () => (await import('./commands/framework-why.ts')).default,
  },
  {
    name: 'top',
    summary: 'Show what the tasks of the cluster use, live',
    load: async () => (await import('./commands/top.ts')).default,
  },
  { name: 'tasks', summary: 'List tasks', load: async () => (await import('./commands/tasks.ts')).default },
  {
    name: 'task logs',
    summary: 'Print or follow the output of tasks',
    load: async () => (await import('./commands/task-logs.ts')).default,
  },
  {
    name: 'task inspect',
    summary: 'Print everything that is known of a task',
    load: async () => (await import('./commands/task-inspect.ts')).default,
  },
  {
    name: 'task stats',
    summary: 'Show what tasks use of their containers, live',
    load: async () => (await import('./commands/task-stats.ts')).default,
  },
  {
    name: 'task exec',
    summary: 'Run a command in the container of a task',
    load: async () => (await import('./commands/task-exec.ts')).default,
  },
  {
    name: 'task attach',
    summary: 'Connect to the terminal of a task',
    load: async () => (await import('./commands/task-attach.ts')).default,
  },
  {
    name: 'task shell',
    summary: 'Open a shell in the container of a task',
    load: async () => (await import('./commands/task-shell.ts')).default,
  },
  { name: 'task kill', summary: 'Kill tasks', load: async () => (await import('./commands/task-kill.ts')).default },
  { name: 'files ls', summary: "List a task's sandbox", load: () => files(0) },
  { name: 'files cat', summary: 'Print a file of a sandbox', load: () => files(1) },
  { name: 'files get', summary: 'Copy a file or directory of a sandbox here', load: () => files(2) },
  {
    name: 'completion',
    summary: 'Print a script with which bash, zsh or fish completes commands',
    load: async () => (await import('./commands/completion.ts')).completionOf(commands),
  },
  { name: 'version', summary: 'Print versions', load: async () => (await import('./commands/version.ts')).default },
];
