/**
 * A batch queue: runs jobs on a cluster, each until it has succeeded once, and survives the end of itself, of masters and
 * of agents.
 *
 *     batch-queue.ts MASTERS JOBS.json DIRECTORY
 */
import { mkdir } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import type { Offer, Resource, TaskInfo } from '@meseta/protocol';
import { fileStore, OfferRoom, Scheduler, SchedulerError } from '@meseta/scheduler/sdk';
import { readJobs } from './jobs.ts';
import { type Job, Queue } from './queue.ts';

/** Runs the jobs. @returns the exit code. */
async function main(masters?: string, file?: string, directory?: string): Promise<number> {
  if (!masters || !file || !directory) throw new Error('expecting MASTERS JOBS.json DIRECTORY');
  const jobs = await readJobs(file);
  await mkdir(directory, { recursive: true });
  const queue = await Queue.open(join(directory, 'queue.jsonl'), jobs);
  const store = fileStore(join(directory, 'framework.json'));
  try {
    // After a crash at the end, the framework is still to be ended.
    if (!queue.isDone || (await store.load()) !== undefined) await run(queue, masters, store);
  } catch (error) {
    // The next start is another framework, in which nothing of this one runs.
    if (error instanceof SchedulerError && error.code === 'FRAMEWORK_REMOVED') await store.clear();
    throw error;
  } finally {
    console.log(queue.table);
    await queue.close();
  }
  return queue.hasFailures ? 1 : 0;
}

async function run(queue: Queue, masters: string, store: ReturnType<typeof fileStore>): Promise<void> {
  const scheduler = new Scheduler({
    masters,
    framework: {
      ...{ user: userInfo().username, name: 'batch queue', roles: ['*'] },
      failover_timeout: 7 * 24 * 3600, // the tasks of a queue that is restarted within a week run on
      checkpoint: true, // and those of an agent that is restarted
      capabilities: [{ type: 'MULTI_ROLE' }, { type: 'PARTITION_AWARE' }, { type: 'RESERVATION_REFINEMENT' }],
    },
    store,
    tasks: queue.tasks,
  });

  /** Puts as many jobs on an offer as fit. */
  async function use(offer: Offer): Promise<void> {
    const room = new OfferRoom(offer);
    const fitting = queue.waiting.flatMap(job => {
      const resources = room.take({ cpus: job.cpus, mem: job.mem });
      return resources ? [{ job, resources }] : [];
    });
    if (fitting.length === 0) return scheduler.decline(offer, { refuse_seconds: 1 });
    const ids = await queue.begin(
      fitting.map(({ job }) => job),
      offer.agent_id.value,
    ); // stored before the master hears of it
    const tasks = fitting.map(({ job, resources }, index) => taskOf(job, ids[index] ?? '', offer, resources));
    // Without an answer it is not known whether they run: the scheduler asks, and reports it as their statuses.
    await scheduler.launch(offer, tasks, { refuse_seconds: 0 });
  }

  /** Asks for offers only while there is a job for them, and ends the framework after the last one. */
  async function adjust(): Promise<void> {
    if (queue.isDone) await scheduler.teardown();
    else if (queue.waiting.length > 0) await scheduler.revive();
    else await scheduler.suppress();
  }

  process.once('SIGINT', () => scheduler.stop()); // the tasks run on
  await scheduler.run({
    subscribed: async ({ frameworkId, origin }) => {
      console.log(`subscribed as ${frameworkId} at ${origin}`);
      await adjust();
    },
    offers: async offers => {
      for (const offer of offers) await use(offer);
      if (queue.waiting.length === 0) await adjust();
    },
    status: async status => {
      const id = status.task_id.value;
      const meaning = await queue.take(status); // stored before it is acknowledged
      console.log(`${id} ${status.state}${status.message ? `: ${status.message}` : ''}`);
      if (meaning === 'unwanted') await scheduler.kill(id, { gracePeriodMs: 0 });
      if (meaning === 'ended' && (queue.isDone || queue.waiting.length > 0)) await adjust();
    },
    disconnected: ({ cause, retryMs }) => console.log(`${cause.message}; again in ${Math.round(retryMs)} ms`),
  });
}

function taskOf(job: Job, id: string, { agent_id }: Offer, resources: Resource[]): TaskInfo {
  return { name: job.name, task_id: { value: id }, agent_id, command: { shell: true, value: job.command }, resources };
}

main(...process.argv.slice(2)).then(
  code => {
    process.exitCode = code;
  },
  error => {
    console.error(`batch-queue: ${error.message}${error instanceof SchedulerError ? `. ${error.action}` : ''}`);
    process.exitCode = 2;
  },
);
