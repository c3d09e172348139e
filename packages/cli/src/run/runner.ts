/** Runs a task, or a group of tasks, on a cluster, prints what happens, and returns the exit code. */
import type { FrameworkInfo } from '@meseta/protocol';
import type { Amounts } from '@meseta/resources';
import { OfferRoom } from '@meseta/scheduler/offer-room';
import { exitCodeOf } from './exit-code.ts';
import type { Job, Place } from './job.ts';
import { amountsOfLaunch } from './launch-on.ts';
import { Outputs } from './outputs.ts';
import type { Reporter } from './reporter.ts';
import { RunCancelledError, TaskRun } from './task-run.ts';

/**
 * Runs the tasks.
 *
 * @returns the exit code: that of the task which failed first, else 0.
 * @throws the errors of {@link TaskRun.run}.
 */
export async function runOn(place: Place, job: Job): Promise<number> {
  const { launch, reporter, interrupts } = job;
  const outputs = new Outputs(place, job);
  let waiting = false;
  const run: TaskRun = new TaskRun(signal => place.locate(signal), await frameworkOf(job), launch, job.wanted, {
    launched: (offer, tasks) => {
      for (const { task_id } of tasks) reporter.launched(task_id.value, offer, place.words);
      outputs.open(run.frameworkId ?? '', offer, tasks);
    },
    status: status => {
      reporter.status(status);
      outputs.update(status);
      if (status.state === 'TASK_UNREACHABLE') reporter.note('waiting for the agent to come back');
    },
    ended: status => {
      void outputs.finish(status.task_id.value).then(() => reporter.status(status));
    },
    unconfirmed: ({ state }) => {
      const name = state.replace('TASK_', '').toLowerCase();
      reporter.note(
        `the master reports that the task has ${name}; waiting for the agent's status, which has the exit code`,
      );
    },
    tooSmall: offer => {
      const wanted = amountsOfLaunch(launch, job.wanted);
      const asked = describeAmounts(wanted);
      const room = new OfferRoom(offer);
      const offered = describeAmounts(Object.fromEntries(Object.keys(wanted).map(name => [name, room.amount(name)])));
      if (place.onlyOffer) void run.cancel(new Error(`The command asks for ${asked}, but this machine has ${offered}`));
      else if (!waiting) reporter.note(`waiting for an offer with ${asked}; ${offer.hostname} has ${offered} free`);
      waiting = true;
    },
    reconnecting: () => reporter.note('lost the master, subscribing again'),
    reconnected: origin => reporter.note(`subscribed again, with the master at ${origin.replace(/^https?:\/\//, '')}`),
  });
  const release = interrupts.listen(times => {
    if (run.isOver) outputs.stop();
    else interrupt(run, times, reporter);
  });
  try {
    const ends = await run.run();
    const last = ends.at(-1);
    await outputs.finishAll();
    if (last) reporter.status(last);
    return interrupts.outputError ? 1 : (ends.map(exitCodeOf).find(code => code !== 0) ?? 0);
  } catch (error) {
    if (error instanceof RunCancelledError) return 130;
    throw error;
  } finally {
    release();
    await outputs.close();
  }
}

async function frameworkOf({ launch: { tasks }, role, failoverSeconds }: Job): Promise<Omit<FrameworkInfo, 'id'>> {
  const { userName } = await import('@meseta/system');
  return {
    user: userName(),
    name: `meseta run ${tasks.map(({ name }) => name).join(', ')}`,
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
  void run.kill(times === 1 ? 'gracefully' : 'at once').then(outcome => {
    // It is repeated when the master is back.
    if (outcome !== 'taken' && !run.isOver)
      reporter.note('the request to kill the task has not reached the master yet');
  });
}

function describeAmounts(amounts: Amounts): string {
  return Object.entries(amounts)
    .map(([name, value]) => `${name}:${value}`)
    .join('; ');
}
