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
    drain: 'agent drain',
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

/** Other names of subcommands, which work without being listed. */
export const aliases: Readonly<Record<string, string>> = {
  ...{ 'agent list': 'agents', 'framework list': 'frameworks', 'task list': 'tasks', 'role list': 'roles' },
  ...{
    'operations list': 'operations',
    volumes: 'volume list',
    'quota list': 'quota show',
    'weights list': 'weights show',
  },
};

/** All subcommands, in the order of the help. */
export const commands: readonly Entry[] = [
  {
    heading: 'Run',
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
  {
    heading: 'Agents and machines',
    name: 'agents',
    summary: 'List agents',
    load: async () => (await import('./commands/agents.ts')).default,
  },
  {
    name: 'agent inspect',
    summary: 'Print everything that is known of agents',
    load: async () => (await import('./commands/agent-inspect.ts')).default,
  },
  {
    name: 'agent drain',
    summary: 'Empty agents: their tasks are killed, and they are not offered any more',
    load: async () => (await import('./commands/agent-drain.ts')).default,
  },
  {
    name: 'agent deactivate',
    summary: 'Take agents out of all offers; their tasks run on',
    load: async () => (await import('./commands/agent-change.ts')).agentDeactivate,
  },
  {
    name: 'agent reactivate',
    summary: 'Offer agents again that were deactivated or drained',
    load: async () => (await import('./commands/agent-change.ts')).agentReactivate,
  },
  {
    name: 'agent gone',
    summary: 'Mark agents gone: they end, and can never register again',
    load: async () => (await import('./commands/agent-change.ts')).agentGone,
  },
  {
    name: 'maintenance show',
    summary: 'Show which machines are to be away, and what frameworks answer',
    load: async () => (await import('./commands/maintenance.ts')).maintenanceShow,
  },
  {
    name: 'maintenance schedule',
    summary: 'Plan when machines are away',
    load: async () => (await import('./commands/maintenance.ts')).maintenanceSchedule,
  },
  {
    name: 'maintenance update',
    summary: 'Change when machines of the schedule are away',
    load: async () => (await import('./commands/maintenance.ts')).maintenanceUpdate,
  },
  {
    name: 'maintenance cancel',
    summary: 'Take machines out of the schedule',
    load: async () => (await import('./commands/maintenance.ts')).maintenanceCancel,
  },
  {
    name: 'maintenance start',
    summary: 'Take machines of the schedule down',
    load: async () => (await import('./commands/maintenance.ts')).maintenanceStart,
  },
  {
    name: 'maintenance stop',
    summary: 'Bring machines up again',
    load: async () => (await import('./commands/maintenance.ts')).maintenanceStop,
  },
  {
    heading: 'Frameworks',
    name: 'frameworks',
    summary: 'List frameworks',
    load: async () => (await import('./commands/frameworks.ts')).default,
  },
  {
    name: 'framework inspect',
    summary: 'Print everything that is known of frameworks',
    load: async () => (await import('./commands/framework-inspect.ts')).default,
  },
  {
    name: 'framework why',
    summary: 'Explain why a framework is not offered agents',
    load: async () => (await import('./commands/framework-why.ts')).default,
  },
  {
    name: 'framework teardown',
    summary: 'Remove a framework with all it runs',
    load: async () => (await import('./commands/framework-teardown.ts')).default,
  },
  { name: 'why', summary: "'framework why', for short", load: async () => (await import('./commands/why.ts')).default },
  {
    heading: 'Roles and resources',
    name: 'roles',
    summary: 'List roles',
    load: async () => (await import('./commands/roles.ts')).default,
  },
  {
    name: 'quota show',
    summary: 'Show the quotas of roles, and what counts against them',
    load: async () => (await import('./commands/quota.ts')).quotaShow,
  },
  {
    name: 'quota set',
    summary: 'Set what a role is guaranteed, and what it may have at most',
    load: async () => (await import('./commands/quota.ts')).quotaSet,
  },
  {
    name: 'quota remove',
    summary: 'Take the quotas of roles away',
    load: async () => (await import('./commands/quota.ts')).quotaRemove,
  },
  {
    name: 'weights show',
    summary: 'Show the weights of roles',
    load: async () => (await import('./commands/weights.ts')).weightsShow,
  },
  {
    name: 'weights set',
    summary: 'Set weights of roles',
    load: async () => (await import('./commands/weights.ts')).weightsSet,
  },
  {
    name: 'reserve',
    summary: 'Reserve resources of an agent for a role',
    load: async () => (await import('./commands/reserve.ts')).reserve,
  },
  {
    name: 'unreserve',
    summary: 'Take the reservation of resources of an agent away',
    load: async () => (await import('./commands/reserve.ts')).unreserve,
  },
  {
    name: 'volume list',
    summary: 'List persistent volumes, with the tasks that use them',
    load: async () => (await import('./commands/volume.ts')).volumeList,
  },
  {
    name: 'volume create',
    summary: 'Create a persistent volume of reserved disk',
    load: async () => (await import('./commands/volume.ts')).volumeCreate,
  },
  {
    name: 'volume destroy',
    summary: 'Destroy persistent volumes, with their files',
    load: async () => (await import('./commands/volume.ts')).volumeDestroy,
  },
  {
    name: 'volume grow',
    summary: 'Add disk to a persistent volume',
    load: async () => (await import('./commands/volume.ts')).volumeGrow,
  },
  {
    name: 'volume shrink',
    summary: 'Take disk away from a persistent volume',
    load: async () => (await import('./commands/volume.ts')).volumeShrink,
  },
  {
    heading: 'Tasks',
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
    heading: 'The cluster',
    name: 'operations',
    summary: 'List operations on resources that are under way',
    load: async () => (await import('./commands/operations.ts')).default,
  },
  {
    name: 'events',
    summary: 'Print what happens in the cluster, live',
    load: async () => (await import('./commands/events.ts')).default,
  },
  {
    name: 'metrics',
    summary: 'Print metrics of the master or of an agent',
    load: async () => (await import('./commands/metrics.ts')).default,
  },
  {
    name: 'logging level',
    summary: 'Show how much a daemon logs, or let it log more for some time',
    load: async () => (await import('./commands/logging-level.ts')).default,
  },
  {
    name: 'masters',
    summary: 'Show who leads, and how the masters are',
    load: async () => (await import('./commands/masters.ts')).masters,
  },
  {
    name: 'leader',
    summary: 'Print the address of the leading master',
    load: async () => (await import('./commands/masters.ts')).leader,
  },
  {
    name: 'registry copy',
    summary: 'Copy the registry between a file and ZooKeeper',
    load: async () => (await import('./commands/registry-copy.ts')).default,
  },
  {
    heading: 'Other',
    name: 'completion',
    summary: 'Print a script with which bash, zsh or fish completes commands',
    load: async () => (await import('./commands/completion.ts')).completionOf(commands),
  },
  { name: 'version', summary: 'Print versions', load: async () => (await import('./commands/version.ts')).default },
];
