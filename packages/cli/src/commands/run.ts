import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type CommandInfo, DecodeError, type FrameworkInfo, fromJson, parseJson, TaskInfo } from '@meseta/protocol';
import { AgentClient } from '@meseta/scheduler';
import { command, UsageError } from '../command.ts';
import { withMaster } from '../master-option.ts';
import { exitCodeOf } from '../run/exit-code.ts';
import { Interrupts } from '../run/interrupts.ts';
import { offeredAmounts } from '../run/pick-resources.ts';
import { humanReporter, JsonReporter, type Reporter } from '../run/reporter.ts';
import { RunCancelledError, TaskRun, type TaskTemplate } from '../run/task-run.ts';
import { FileTail, follow } from '../task-output.ts';

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
  'docker-image': { type: 'string', value: 'IMAGE', help: 'Run it in a Docker container (not built yet)' },
  master: {
    type: 'string',
    short: 'm',
    value: 'HOST:PORT',
    help: 'Use this running cluster instead of one of its own',
  },
  role: { type: 'string', value: 'ROLE', help: 'Role whose offers are used (default *)' },
  task: { type: 'string', value: 'FILE', help: 'A TaskInfo in JSON instead of COMMAND; - is standard input' },
  json: { type: 'boolean', help: 'Tell everything as JSON, one object a line' },
} as const;

type Values = Parameters<Parameters<typeof command<typeof options>>[0]['run']>[0];

export default command({
  name: 'run',
  summary: 'Run a command as a task and print its output as it is written',
  arguments: 'COMMAND …',
  options,
  takesCommand: true,
  notes: `
COMMAND is one line for the shell. Without --master the cluster is made for it and goes away with it.
The exit code is the task's own, or 128 and the number of the signal that ended it. Ctrl-C kills the task
gracefully, a second time at once.`,
  run: async (values, words) => {
    const template = describeTask(values, words);
    const wanted = readAmounts(values);
    const reporter = values.json ? new JsonReporter() : humanReporter;
    const interrupts = new Interrupts(reporter);
    const job = { role: values.role ?? '*', template, wanted, reporter, interrupts };
    try {
      if (values.master !== undefined) return await withMaster(values.master, ({ origin }) => runOn(origin, job));
      return await runEmbedded(job);
    } finally {
      interrupts.close();
    }
  },
});

async function runEmbedded(job: Job): Promise<number> {
  const { startEmbeddedCluster } = await import('../embedded-cluster.ts');
  const cluster = await startEmbeddedCluster({ agents: 1 });
  try {
    return await runOn(cluster.master, { ...job, onlyOffer: true });
  } finally {
    await cluster.remove();
  }
}

function describeTask(values: Values, words: string[]): TaskTemplate {
  if (values['docker-image'] !== undefined) {
    throw new UsageError(
      '--docker-image is not built yet: Docker tasks come with a later release. Leave it out to run on this machine',
    );
  }
  if (values.task !== undefined) {
    if (words.length > 0) throw new UsageError('Give either --task or a command, not both');
    return readTask(values.task);
  }
  if (words.length === 0) throw new UsageError("Run what? Give a command, as in: meseta run 'echo hello'");
  const name = values.name ?? 'run';
  const shell: CommandInfo = {
    shell: true,
    value: words.join(' '),
    ...(values.env ? { environment: { variables: values.env.map(readVariable) } } : {}),
    ...(values.uri ? { uris: values.uri.map(value => ({ value })) } : {}),
  };
  return { name, task_id: { value: `${name}-${randomUUID().slice(0, 8)}` }, command: shell };
}

function readTask(file: string): TaskTemplate {
  try {
    const given = parseJson(readFileSync(file === '-' ? 0 : file, 'utf8'));
    // The agent is that of the offer which is used.
    return fromJson(TaskInfo, {
      name: 'task',
      task_id: { value: `task-${randomUUID().slice(0, 8)}` },
      ...(given as object),
      agent_id: { value: '' },
    });
  } catch (error) {
    const reason = error instanceof DecodeError || error instanceof Error ? error.message : String(error);
    throw new UsageError(`--task ${file}: ${reason}`);
  }
}

function readVariable(text: string): { name: string; value: string } {
  const equals = text.indexOf('=');
  if (equals < 1) throw new UsageError(`--env takes NAME=VALUE, not '${text}'`);
  return { name: text.slice(0, equals), value: text.slice(equals + 1) };
}

function readAmount(option: string, text: string | undefined, fallback: number): number {
  if (text === undefined) return fallback;
  const amount = Number(text);
  if (text.trim() === '' || !(amount >= 0) || !Number.isFinite(amount)) {
    throw new UsageError(`--${option} takes a number of at least 0, not '${text}'`);
  }
  return amount;
}

type Amounts = Readonly<Record<string, number>>;

function readAmounts({ cpus, mem, disk }: Values): Amounts {
  return {
    cpus: readAmount('cpus', cpus, 0.1),
    mem: readAmount('mem', mem, 32),
    ...(disk === undefined ? {} : { disk: readAmount('disk', disk, 0) }),
  };
}

/** What is to be run, and how it is told. */
interface Job {
  readonly role: string;
  readonly template: TaskTemplate;
  readonly wanted: Amounts;
  readonly reporter: Reporter;
  readonly interrupts: Interrupts;
  /** No better offer will come than the first. */
  readonly onlyOffer?: boolean;
}

async function runOn(
  origin: string,
  { role, template, wanted, reporter, interrupts, onlyOffer }: Job,
): Promise<number> {
  const { userName } = await import('@meseta/daemon');
  const framework: FrameworkInfo = {
    user: userName(),
    name: `meseta run ${template.name}`,
    roles: [role],
    failover_timeout: 60,
    checkpoint: true,
    capabilities: [
      { type: 'MULTI_ROLE' },
      { type: 'TASK_KILLING_STATE' },
      { type: 'PARTITION_AWARE' },
      { type: 'RESERVATION_REFINEMENT' },
    ],
  };
  let output: OutputStreams | undefined;
  let waiting = false;
  const run: TaskRun = new TaskRun(origin, framework, template, wanted, {
    launched: (offer, task) => {
      reporter.launched(task.task_id.value, offer);
      const { scheme = 'http', address } = offer.url ?? { address: { hostname: offer.hostname, port: 5051 } };
      const agent = `${scheme}://${address.ip ?? address.hostname}:${address.port}`;
      const executor = task.executor?.executor_id.value ?? task.task_id.value;
      output = new OutputStreams(agent, `/frameworks/${run.frameworkId}/executors/${executor}/runs/latest`, reporter);
    },
    status: status => {
      reporter.status(status);
      if (status.state === 'TASK_RUNNING') output?.start();
    },
    tooSmall: offer => {
      const asked = describeAmounts(wanted);
      const offered = describeAmounts(offeredAmounts(offer, Object.keys(wanted)));
      if (onlyOffer) void run.cancel(new Error(`The command asks for ${asked}, but this machine has ${offered}`));
      else if (!waiting) reporter.note(`waiting for an offer with ${asked}; ${offer.hostname} has ${offered} free`);
      waiting = true;
    },
    reconnecting: () => reporter.note('lost the master, subscribing again'),
  });
  const release = interrupts.listen(times => interrupt(run, times, reporter));
  try {
    const last = await run.run();
    await output?.finish();
    reporter.status(last);
    return interrupts.outputError ? 1 : exitCodeOf(last);
  } catch (error) {
    if (error instanceof RunCancelledError) return 130;
    throw error;
  } finally {
    release();
    await output?.close();
  }
}

function interrupt(run: TaskRun, times: number, reporter: Reporter): void {
  const end = times === 1 ? 'ending the task; interrupt again to kill it at once' : 'killing the task at once';
  reporter.note(run.isLaunched ? end : 'cancelled');
  run
    .kill(times === 1 ? 'gracefully' : 'at once')
    .catch(error => reporter.note(`cannot kill the task: ${error instanceof Error ? error.message : String(error)}`));
}

function describeAmounts(amounts: Amounts): string {
  return Object.entries(amounts)
    .map(([name, value]) => `${name}:${value}`)
    .join('; ');
}

/** Follows both output files of the task from its first byte to its end. */
class OutputStreams {
  readonly #agent: AgentClient;
  readonly #sandbox: string;
  readonly #reporter: Reporter;
  #following: Promise<unknown> | undefined;
  #ended = false;

  constructor(agent: string, sandbox: string, reporter: Reporter) {
    this.#agent = new AgentClient(agent);
    this.#sandbox = sandbox;
    this.#reporter = reporter;
  }

  start(): void {
    this.#following ??= Promise.all((['stdout', 'stderr'] as const).map(stream => this.#follow(stream)));
  }

  /** Prints what is left; the task has ended. */
  async finish(): Promise<void> {
    this.#ended = true;
    this.start();
    await this.#following;
  }

  close(): Promise<void> {
    return this.#agent.close();
  }

  async #follow(stream: 'stdout' | 'stderr'): Promise<void> {
    const tail = new FileTail(this.#agent, `${this.#sandbox}/${stream}`);
    try {
      await follow(
        tail,
        data => this.#reporter.output(stream, data),
        () => this.#ended,
      );
    } catch (error) {
      // The task runs on and its end still counts.
      this.#reporter.note(`cannot follow ${stream}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}
