/** Runs a task on a cluster, prints what happens, and returns the exit code. */
import type { FrameworkInfo, Offer } from '@meseta/protocol';
import type { FileSource } from '../sandbox/file-source.ts';
import { exitCodeOf } from './exit-code.ts';
import type { Interrupts } from './interrupts.ts';
import { OutputStreams } from './output-streams.ts';
import { offeredAmounts } from './pick-resources.ts';
import type { Reporter } from './reporter.ts';
import { RunCancelledError, TaskRun, type TaskTemplate } from './task-run.ts';
import type { Amounts } from './task-template.ts';

/** What to run, and how to print it. */
export interface Job {
  readonly role: string;
  readonly template: TaskTemplate;
  readonly wanted: Amounts;
  readonly reporter: Reporter;
  readonly interrupts: Interrupts;
  /** How long the master keeps the task when the framework is disconnected. */
  readonly failoverSeconds: number;
}

/** The cluster that the task runs on. */
export interface Place {
  /** The origin of the master. */
  readonly origin: string;
  /** A text for people, which follows the agent's host. */
  readonly words: string;
  /** There will be no better offer than the first. */
  readonly onlyOffer?: boolean;
  /** The URI of the task's standard input, which is not printed. */
  readonly inputUri?: string;
  /** Returns the source of the output of a task on this offer; undefined when the output is not wanted. */
  filesOf(offer: Offer): FileSource | undefined;
}

/** Runs a task. @returns the exit code. @throws the errors of {@link TaskRun.run}. */
export async function runOn(place: Place, job: Job): Promise<number> {
  const { template, wanted, reporter, interrupts } = job;
  let output: OutputStreams | undefined;
  let waiting = false;
  const run: TaskRun = new TaskRun(place.origin, await frameworkOf(job), template, wanted, {
    launched: (offer, task) => {
      reporter.launched(task.task_id.value, offer, place.words);
      const executor = task.executor?.executor_id.value ?? task.task_id.value;
      const files = place.filesOf(offer);
      const sandbox = `/frameworks/${run.frameworkId}/executors/${executor}/runs/latest`;
      output = files && new OutputStreams(files, sandbox, reporter, place.inputUri && `Fetched ${place.inputUri}\n`);
    },
    status: status => {
      reporter.status(status);
      if (status.state === 'TASK_RUNNING') output?.start();
      if (status.state === 'TASK_UNREACHABLE') reporter.note('waiting for the agent to come back');
    },
    unconfirmed: ({ state }) => {
      const name = state.replace('TASK_', '').toLowerCase();
      reporter.note(
        `the master reports that the task has ${name}; waiting for the agent's status, which has the exit code`,
      );
    },
    tooSmall: offer => {
      const asked = describeAmounts(wanted);
      const offered = describeAmounts(offeredAmounts(offer, Object.keys(wanted)));
      if (place.onlyOffer) void run.cancel(new Error(`The command asks for ${asked}, but this machine has ${offered}`));
      else if (!waiting) reporter.note(`waiting for an offer with ${asked}; ${offer.hostname} has ${offered} free`);
      waiting = true;
    },
    reconnecting: () => reporter.note('lost the master, subscribing again'),
  });
  const release = interrupts.listen(times => {
    if (run.isOver) output?.stop();
    else interrupt(run, times, reporter);
  });
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

async function frameworkOf({ template, role, failoverSeconds }: Job): Promise<FrameworkInfo> {
  const { userName } = await import('@meseta/system');
  return {
    user: userName(),
    name: `meseta run ${template.name}`,
    roles: [role],
    failover_timeout: failoverSeconds,
    checkpoint: true,
    capabilities: [
      { type: 'MULTI_ROLE' },
      { type: 'TASK_KILLING_STATE' },
      { type: 'PARTITION_AWARE' },
      { type: 'RESERVATION_REFINEMENT' },
    ],
  };
}

function interrupt(run: TaskRun, times: number, reporter: Reporter): void {
  const end = times === 1 ? 'ending the task; interrupt again to kill it at once' : 'killing the task at once';
  reporter.note(run.isLaunched ? end : 'cancelled');
  run.kill(times === 1 ? 'gracefully' : 'at once').catch(error => {
    // the request is repeated when the master is back
    if (!run.isOver)
      reporter.note(`the request to kill the task has not reached the master yet: ${(error as Error).message}`);
  });
}

function describeAmounts(amounts: Amounts): string {
  return Object.entries(amounts)
    .map(([name, value]) => `${name}:${value}`)
    .join('; ');
}
