import type { Amounts } from '@meseta/resources';
import { wayTo } from '../agent-address.ts';
import { command, UsageError } from '../command.ts';
import { originOf } from '../find-task.ts';
import { masterOfEnvironment, withMaster } from '../master-option.ts';
import { containerOf, containerOptions } from '../run/container-options.ts';
import { DetachedReporter, detach, isDetached } from '../run/detach.ts';
import { type Input, offerFile, readInput, withInput } from '../run/input.ts';
import { Interrupts } from '../run/interrupts.ts';
import { type Isolation, isolationFor } from '../run/isolation.ts';
import type { Job, Place } from '../run/job.ts';
import type { Launch } from '../run/launch.ts';
import { HumanReporter, JsonReporter, type Reporter } from '../run/reporter.ts';
import { runByMaster, taskForMaster } from '../run/run-by-master.ts';
import { runOn } from '../run/runner.ts';
import { containersOf, readTaskGroup } from '../run/task-group.ts';
import { RunCancelledError } from '../run/task-run.ts';
import { describeTask, inContainer, readAmounts } from '../run/task-template.ts';
import { MovingAgentFiles } from '../sandbox/agent-files.ts';

const options = {
  name: { type: 'string', short: 'n', value: 'NAME', help: 'Name of the task; its id begins with it' },
  cpus: { type: 'string', value: 'CPUS', help: 'Processors (default 0.1)' },
  mem: { type: 'string', value: 'MB', help: 'Memory (default 32)' },
  disk: { type: 'string', value: 'MB', help: 'Disk (default 0)' },
  env: {
    type: 'string',
    short: 'e',
    multiple: true,
    value: 'NAME=VALUE',
    help: 'A variable of its environment; again for more',
  },
  uri: {
    type: 'string',
    short: 'u',
    multiple: true,
    value: 'URI',
    help: 'Fetched into its sandbox first; again for more',
  },
  stdin: { type: 'boolean', short: 'i', help: 'Read standard input to its end first, and give it to the task' },
  ...containerOptions,
  master: {
    type: 'string',
    short: 'm',
    value: 'HOST:PORT',
    help: 'Use this running cluster: host:port, several of them, zk://… or file://… (default $MESETA_MASTER, else a temporary cluster)',
  },
  local: { type: 'boolean', help: 'Use a temporary cluster, whatever $MESETA_MASTER says' },
  detach: {
    type: 'boolean',
    short: 'd',
    help: 'Print the ids of its tasks once they are started, and leave them running',
  },
  role: { type: 'string', value: 'ROLE', help: 'Role whose offers are used (default *)' },
  task: {
    type: 'string',
    value: 'FILE',
    help: 'A TaskInfo in JSON instead of COMMAND, which the other options override; - is standard input',
  },
  'task-group': {
    type: 'string',
    value: 'FILE',
    help: 'A TaskGroupInfo in JSON instead of COMMAND: its tasks run together, as a pod; - is standard input',
  },
  quiet: { type: 'boolean', short: 'q', help: "Print nothing but the task's output, and why there is none" },
  json: { type: 'boolean', help: 'Print everything as JSON, one object a line' },
} as const;

type Values = Parameters<Parameters<typeof command<typeof options>>[0]['run']>[0];

/**
 * How long, in seconds, the master waits for a framework that has disconnected: of a normal run, and of a detached one.
 */
const [failoverSeconds, detachedFailoverSeconds] = [60, 7 * 24 * 3600];

export default command({
  name: 'run',
  summary: 'Run a command as a task and print its output as it is written',
  arguments: 'COMMAND …',
  options,
  takesCommand: true,
  notes: `
COMMAND is one line for the shell. Without a master the cluster is made for it and goes away with it.
The exit code is the task's own, or 128 and the number of the signal that ended it. Ctrl-C kills the task
gracefully, a second time at once.`,
  run: async (values, words) => {
    const master = masterOf(values);
    const launch = launchOf(values, words, master === undefined);
    const wanted = readAmounts(values, { cpus: 0.1, mem: 32 });
    refuseCombinations(values, master);
    const isolation = master === undefined ? await isolationFor(values.isolation, containersOf(launch)) : {};
    if (values.detach && !isDetached()) return runDetached(values, master, launch, wanted);
    const reporter = reporterOf(values, launch);
    if (master !== undefined && values.master === undefined) {
      const { redactUrl } = await import('@meseta/telemetry');
      if (!values.json && !values.quiet)
        reporter.note(`using the cluster of $MESETA_MASTER, ${redactUrl(master)}; --local uses a temporary one`);
    }
    const interrupts = new Interrupts(reporter);
    const input = values.stdin ? await inputOf(interrupts) : undefined;
    if (input === 'interrupted') return 130;
    const job = {
      ...{ role: values.role ?? '*', launch, wanted, reporter, interrupts },
      failoverSeconds: values.detach ? detachedFailoverSeconds : failoverSeconds,
    };
    try {
      return master === undefined
        ? await runEmbedded(job, input, isolation)
        : await runRemotely(master, job, input, values);
    } finally {
      interrupts.close();
      await input?.remove();
    }
  },
});

/** The master's own framework runs what it can; a process in the background runs the rest, and tasks of Apache Mesos. */
async function runDetached(
  values: Values,
  master: string | undefined,
  launch: Launch,
  wanted: Amounts,
): Promise<number> {
  const { role = '*', json = false, quiet = false, stdin = false } = values;
  const task = stdin || master === undefined ? undefined : taskForMaster(launch);
  const job = task && { task, wanted, role, json, quiet };
  const code = job && (await withMaster(master, (_, masters) => runByMaster(masters, job)));
  return code ?? detach(stdin, json);
}

function masterOf({ master, local }: Values): string | undefined {
  if (master !== undefined && local) throw new UsageError('Give either --master or --local, not both');
  return local ? undefined : (master ?? masterOfEnvironment());
}

/** What a group's file says is not said by options. */
const ofOneTask = [
  ...(['task', 'name', 'env', 'uri', 'cpus', 'mem', 'disk', 'stdin'] as const),
  ...(['volume', 'image', 'docker-image', 'network'] as const),
];

function launchOf(values: Values, words: readonly string[], isLocal: boolean): Launch {
  const file = values['task-group'];
  if (file === undefined) return { tasks: [inContainer(describeTask(values, words), containerOf(values, isLocal))] };
  if (words.length > 0) throw new UsageError('Give either --task-group or a command, not both');
  const other = ofOneTask.find(option => values[option] !== undefined);
  if (other)
    throw new UsageError(`Give either --task-group or --${other}: what the tasks of a group need is in its file`);
  return readTaskGroup(file);
}

function fedWith({ tasks: [task, ...others], ...launch }: Launch, uri: string): Launch {
  return { ...launch, tasks: [withInput(task, uri), ...others] };
}

function refuseCombinations(values: Values, master: string | undefined): void {
  if (values.isolation !== undefined && master !== undefined) {
    throw new UsageError('--isolation is for temporary clusters: those that run have the isolators of their agents');
  }
  if (values.detach && master === undefined) {
    throw new UsageError(
      '--detach needs a running cluster, because a temporary one ends with the command; give --master',
    );
  }
  if (values.stdin && values.task === '-') throw new UsageError('Standard input is either the task or its input');
  const read = (['task', 'task-group'] as const).find(option => values[option] === '-');
  if (values.detach && read)
    throw new UsageError(`--detach reads the file of --${read} again, which standard input cannot be: give a file`);
  if (values.quiet && values.json) throw new UsageError('Give either --quiet or --json, not both');
}

function reporterOf({ detach: detached, json, quiet }: Values, { tasks, executor }: Launch): Reporter {
  if (detached) return new DetachedReporter(tasks.length, executor !== undefined);
  return json ? new JsonReporter() : new HumanReporter(quiet === true);
}

async function inputOf(interrupts: Interrupts): Promise<Input | 'interrupted'> {
  const stopping = new AbortController();
  const release = interrupts.listen(() => stopping.abort(new RunCancelledError('Interrupted')));
  try {
    return await readInput(stopping.signal);
  } catch (error) {
    interrupts.close();
    if (error instanceof RunCancelledError) return 'interrupted';
    throw error;
  } finally {
    release();
  }
}

async function runEmbedded(job: Job, input: Input | undefined, isolation: Isolation): Promise<number> {
  const [{ startEmbeddedCluster }, { OwnFiles }] = await Promise.all([
    import('../embedded-cluster.ts'),
    import('../sandbox/own-files.ts'),
  ]);
  const inputUri = input && `file://${input.file}`;
  const launch = inputUri ? fedWith(job.launch, inputUri) : job.launch;
  const cluster = await startEmbeddedCluster({ agents: 1, ...isolation });
  const place = {
    locate: async () => cluster.master,
    words: ', in a temporary cluster',
    onlyOffer: true,
    ...(inputUri && { inputUri }),
    filesOf: () => cluster.files.map(files => new OwnFiles(files))[0],
  };
  try {
    return await runOn(place, { ...job, launch });
  } finally {
    await cluster.remove();
  }
}

/** How long one search for the leading master may take, milliseconds. The run tries again. */
const longestSearchMs = 10_000;

function runRemotely(
  master: string,
  job: Job,
  input: Input | undefined,
  { detach: detached, quiet = false }: Values,
): Promise<number> {
  return withMaster(master, async (first, masters) => {
    const { origin } = first;
    const offered = input && (await offerFile(input.file, origin));
    if (offered && origin.startsWith('https:') && !quiet) {
      process.stderr.write('meseta: standard input goes to the agent without encryption, by http\n');
    }
    const launch = offered ? fedWith(job.launch, offered.uri) : job.launch;
    const place: Place = {
      locate: async signal => (await masters.find({ signal, waitMs: longestSearchMs })).origin,
      words: `, by the master at ${origin.replace(/^https?:\/\//, '')}`,
      ...(offered && { inputUri: offered.uri }),
      filesOf: ({ url, hostname, agent_id }) => {
        if (detached) return undefined;
        const { scheme = origin.startsWith('https:') ? 'https' : 'http', address } = url ?? {
          address: { hostname, port: 5051 },
        };
        const last = `${scheme}://${address.ip ?? address.hostname}:${address.port}`;
        const id = agent_id.value;
        const present = async () => (await originOf(masters.client, id)) ?? last;
        return new MovingAgentFiles(async () => wayTo(masters.client, id, await present()));
      },
    };
    try {
      return await runOn(place, { ...job, launch });
    } finally {
      await offered?.close();
    }
  });
}
