import { setTimeout as sleep } from 'node:timers/promises';
import type { Task } from '@meseta/protocol';
import type { MasterClient } from '@meseta/scheduler';
import { findAgentId } from '../cluster-agents.ts';
import { command, UsageError } from '../command.ts';
import { findTask, LookupError } from '../find-task.ts';
import { untilInterrupted } from '../interrupt.ts';
import { listOptions, rowFormatOf } from '../list.ts';
import { clusterOptions, withMaster } from '../master-option.ts';
import { isLive } from '../sandbox/watch-end.ts';
import { type SortKey, sortKeys } from '../stats/columns.ts';
import { type Display, openDisplay, PrintedDisplay } from '../stats/display.ts';
import { TaskReader } from '../stats/task-reader.ts';
import { type Ended, howOf, keyOf } from '../stats/watched-tasks.ts';

const defaultIntervalMs = 1000;
const [leastSeconds, mostSeconds] = [0.5, 3600];
/** How long one reading waits for slow agents when nothing can be shown before. */
const longestWaitMs = 10_000;

const sortNames = Object.keys(sortKeys) as SortKey[];

const options = {
  master: clusterOptions.master,
  'no-stream': { type: 'boolean', help: 'Print one reading, and end' },
  interval: { type: 'string', value: 'SECONDS', help: 'The time from one reading to the next (default 1)' },
  sort: {
    type: 'string',
    short: 'o',
    value: 'COLUMN',
    choices: sortNames,
    help: `By ${sortNames.join(', ')}; the greatest first`,
  },
  framework: { type: 'string', value: 'ID', help: 'Only tasks of this framework' },
  agent: { type: 'string', value: 'AGENT', help: 'Only tasks on this agent' },
  json: { ...clusterOptions.json, help: 'Print JSON, an array for each reading' },
  format: listOptions.format,
} as const;

const notes = `Without TASK, it shows all running tasks. It ends with q or Ctrl-C, or when all tasks that are named have ended.
CPU % is of one processor. What an agent does not measure is -; docs/command-line.md says which isolator measures what.
MEM includes the page cache, which counts for the limit of the kernel; without cgroups/mem it is what processes have in
memory.`;

type Values = Parameters<Parameters<typeof command<typeof options>>[0]['run']>[0];

/** How a subcommand shows what tasks use. */
interface StatsCommand {
  readonly name: string;
  readonly summary: string;
  /** The column that it sorts by unless another one is asked for. */
  readonly sort?: SortKey;
}

/** Makes a subcommand that shows what tasks use. */
export function statsCommand({ name, summary, sort }: StatsCommand) {
  return command({
    name,
    summary,
    arguments: '[TASK …]',
    options,
    notes,
    run: (values, words) => showStats({ ...(sort && { sort }), ...values }, words),
  });
}

export default statsCommand({ name: 'task stats', summary: 'Show what tasks use of their containers, live' });

async function showStats(
  { master, 'no-stream': once = false, interval, sort, framework, agent, json, format }: Values,
  words: readonly string[],
): Promise<number> {
  const rowFormat = rowFormatOf({ json, format });
  const intervalMs = readInterval(interval);
  if (words.length > 0 && agent !== undefined) throw new UsageError('Give either tasks or --agent, not both');
  return withMaster(master, async (client, masters) => {
    const named = await runningTasks(client, words, framework);
    const end = new AbortController();
    const ended: Ended[] = [];
    let left = named.length;
    const reader = await TaskReader.start(
      masters,
      {
        ...{ named, framework, sort: sort as SortKey | undefined },
        ...(agent !== undefined && { agent: await findAgentId(client, agent) }),
      },
      task => {
        if (named.length === 0) return;
        ended.push(task);
        if (--left === 0) end.abort();
      },
    );
    void untilInterrupted().then(() => end.abort());
    try {
      const stats = { reader, intervalMs, ended, signal: end.signal };
      if (once) return await printOnce(stats, new PrintedDisplay(rowFormat, true));
      await follow(
        stats,
        openDisplay(rowFormat, () => end.abort()),
      );
      return 0;
    } finally {
      await reader.close();
    }
  });
}

interface Stats {
  readonly reader: TaskReader;
  readonly intervalMs: number;
  /** Named tasks that have ended since the last look. */
  readonly ended: Ended[];
  /** Aborted when there is nothing more to show: all named tasks have ended, or the user has had enough. */
  readonly signal: AbortSignal;
}

/**
 * Finds the tasks that are named.
 *
 * @throws {LookupError} one has ended, or there is none.
 */
async function runningTasks(
  client: MasterClient,
  words: readonly string[],
  framework: string | undefined,
): Promise<Task[]> {
  const tasks = new Map<string, Task>();
  for (const word of words) {
    const task = await findTask(client, word, framework);
    if (!isLive(task)) throw hasEnded({ task, how: howOf(task, task.statuses?.at(-1)?.message) });
    tasks.set(keyOf(task), task);
  }
  return [...tasks.values()];
}

function hasEnded({ task, how }: Ended): LookupError {
  return new LookupError(
    `Task ${task.task_id.value} has ended: ${how}. Only running tasks use anything; 'meseta tasks' lists them`,
  );
}

/** Prints what tasks use between two readings. @returns the exit code: 1 when numbers are missing. */
async function printOnce({ reader, intervalMs, ended, signal }: Stats, display: Display): Promise<number> {
  await reader.read(longestWaitMs, signal);
  await pause(intervalMs, signal);
  const picture = await reader.read(longestWaitMs, signal);
  const [first] = ended;
  if (first && picture.rows.length === 0) throw hasEnded(first);
  if (signal.aborted) return 130;
  for (const each of ended) display.say(hasEnded(each).message);
  await display.show(picture);
  return picture.problems.length + ended.length > 0 ? 1 : 0;
}

/** Shows readings until the end. */
async function follow({ reader, intervalMs, ended, signal }: Stats, display: Display): Promise<void> {
  try {
    while (!signal.aborted) {
      const startedMs = performance.now();
      const picture = await reader.read(intervalMs, signal);
      if (!signal.aborted) await display.show(picture);
      await pause(intervalMs - (performance.now() - startedMs), signal);
      sayEnds(ended, display);
    }
  } finally {
    sayEnds(ended, display);
    display.close();
  }
}

function sayEnds(ended: Ended[], display: Display): void {
  for (const { task, how } of ended.splice(0)) display.say(`${task.task_id.value} ${how}`);
}

/** Waits, at most until the signal is aborted. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(Math.max(0, ms), undefined, { signal }).catch(() => undefined); // rejects when it is aborted
}

function readInterval(text: string | undefined): number {
  if (text === undefined) return defaultIntervalMs;
  const seconds = Number(text);
  if (text.trim() !== '' && seconds >= leastSeconds && seconds <= mostSeconds) return seconds * 1000;
  throw new UsageError(`--interval takes a number of seconds from ${leastSeconds} to ${mostSeconds}, not '${text}'`);
}
