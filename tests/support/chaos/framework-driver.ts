/**
 * A framework of the chaos test, on the SDK, in a process of its own that is killed at any time:
 *
 *     framework-driver.ts MASTERS DIRECTORY NAME SEED PHASE
 *
 * Phases: `launch` launches tasks and kills those that do not end; `drain` launches nothing more; `teardown` ends the
 * framework. Everything is in the journal before it happens.
 */
import { appendFileSync, closeSync, fdatasyncSync, openSync } from 'node:fs';
import { userInfo } from 'node:os';
import path from 'node:path';
import type { ExecutorInfo, Offer, TaskInfo, TaskStatus } from '@meseta/protocol';
import { fileStore, isOver, OfferRoom, Scheduler } from '@meseta/scheduler/sdk';
import { Random } from '../random.ts';
import type { JournalLine } from './evidence.ts';
import { readLines } from './journal.ts';
import { commandOf, isEndless, launches, type TaskKind } from './kinds.ts';

const [masters = '', directory = '', name = '', seed = '', phase = ''] = process.argv.slice(2);
/** How many tasks may be under way: the machine is small. */
const mostTasks = 14;
/** Between two launches. */
const paceMs = 250;
const each = { cpus: 0.1, mem: 32, disk: 32 };

interface Live {
  readonly kind: TaskKind;
  readonly agent: string;
  readonly isGrouped: boolean;
}

const journalFile = path.join(directory, `${name}.journal`);
const before = readLines<JournalLine>(journalFile);
const journal = openSync(journalFile, 'a');
const live = new Map<string, Live>();
let count = 0;

function apply(line: JournalLine): void {
  if ('launch' in line) {
    count++;
    live.set(line.launch, { kind: line.kind, agent: line.agent, isGrouped: line.group !== undefined });
  } else if ('status' in line && isEnd(line.status)) live.delete(line.status.task);
}

function isEnd({
  task,
  ...status
}: { readonly task: string } & Pick<TaskStatus, 'state' | 'uuid' | 'reason'>): boolean {
  return isOver({ task_id: { value: task }, ...status });
}

function write(...lines: readonly JournalLine[]): void {
  appendFileSync(journal, lines.map(line => `${JSON.stringify(line)}\n`).join(''));
  fdatasyncSync(journal);
  for (const line of lines) apply(line);
}

for (const line of before) apply(line);
const random = new Random(Number(seed) + before.length);
const store = fileStore(path.join(directory, `${name}.id`));
const scheduler = new Scheduler({
  masters,
  framework: {
    ...{ user: userInfo().username, name, roles: ['*'], failover_timeout: 3600, checkpoint: true },
    capabilities: [{ type: 'MULTI_ROLE' }, { type: 'PARTITION_AWARE' }],
  },
  store,
  tasks: [...live].map(([taskId, { agent }]) => ({ taskId, agentId: agent })),
  connection: { maxBackoffMs: 1000 },
});

let nextLaunchAt = 0;

async function use(offer: Offer): Promise<void> {
  const kinds = random.pick(launches);
  const room = new OfferRoom(offer);
  const isFull = phase !== 'launch' || live.size + kinds.length > mostTasks || Date.now() < nextLaunchAt;
  const ofExecutor = kinds.length > 1 ? room.take(each) : [];
  const resources = kinds.map(() => room.take(each));
  if (isFull || !ofExecutor || resources.includes(undefined)) return scheduler.decline(offer, { refuse_seconds: 0.3 });
  nextLaunchAt = Date.now() + paceMs;
  const agent = offer.agent_id.value;
  const group = kinds.length > 1 ? { group: `${name}-group-${count}` } : {};
  const tasks = kinds.map((kind, index): TaskInfo => {
    const id = `${name}-${count + index}`;
    const command = { shell: true, value: commandOf(id, kind, path.join(directory, `${name}.traces`)) };
    return {
      name: kind,
      task_id: { value: id },
      agent_id: { value: agent },
      command,
      resources: resources[index] ?? [],
    };
  });
  write(
    ...tasks.map(({ task_id }, index) => ({ launch: task_id.value, kind: kinds[index] ?? 'quick', agent, ...group })),
  );
  if (group.group === undefined) return void (await scheduler.launch(offer, tasks, { refuse_seconds: 0 }));
  const executor: ExecutorInfo = {
    ...{ type: 'DEFAULT', executor_id: { value: group.group }, resources: ofExecutor },
    ...(scheduler.frameworkId !== undefined && { framework_id: { value: scheduler.frameworkId } }),
  };
  await scheduler.launchGroup(offer, executor, tasks, { refuse_seconds: 0 });
}

function kill(id: string): void {
  write({ kill: id });
  scheduler.kill(id, { gracePeriodMs: 300 }).catch(fail);
}

/** Kills an endless task after a while. The kill is in the journal first. */
function killLater(id: string, { kind, isGrouped }: Live): void {
  if (!isEndless(kind) || (isGrouped && phase === 'launch')) return;
  setTimeout(() => live.has(id) && kill(id), random.below(1500)).unref();
}

function fail(error: unknown): never {
  console.error(error);
  process.exit(3);
}

process.once('SIGTERM', () => scheduler.stop());

scheduler
  .run({
    subscribed: async () => {
      if (phase === 'teardown') return scheduler.teardown();
      for (const [id, task] of live) killLater(id, task);
    },
    offers: async offers => {
      for (const offer of offers) await use(offer);
    },
    status: ({ task_id: { value: task }, state, uuid, reason, message, source }) => {
      const isFirst = state === 'TASK_RUNNING' && live.has(task);
      write({ status: { task, state, ...defined({ uuid, reason, message, source }) } });
      const entry = live.get(task);
      if (isFirst && entry) killLater(task, entry);
    },
    disconnected: ({ cause, retryMs }) => console.log(`${cause.message}; again in ${Math.round(retryMs)} ms`),
  })
  .then(() => {
    live.clear(); // kills that are still to come would be written
    closeSync(journal);
  }, fail);

/** Without what is undefined. */
function defined<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never;
}
