/**
 * Finds directories of executors, frameworks and agents that are not in use any more, among sandboxes and checkpoints alike. What
 * is found is decided by the disk and the agent's state alone, so that the next agent goes on where this one ends.
 */
import { readdir, readlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { ifAbsent } from '@meseta/system';
import type { Paths } from '../disk/paths.ts';
import type { Agent } from '../state/agent.ts';

/** A directory that can be removed when it is old enough. */
export interface Garbage {
  readonly path: string;
  /** It is needed, after all. To be asked at the moment of its removal: a new task may have come for it. */
  readonly isUsed: () => boolean;
}

/** How many executors are looked at together. One after the other would be slower than tasks can come and go. */
const executorsAtOnce = 64;

/** What {@link findGarbage} needs. */
export interface GarbageSources {
  readonly agent: Pick<Agent, 'id' | 'frameworks'>;
  readonly paths: Paths;
}

/**
 * Finds what is not in use, outer directories before those in them. An executor's directory goes with its latest run: without
 * that, the next agent would take the executor for one that runs.
 */
export async function* findGarbage({ agent, paths }: GarbageSources): AsyncGenerator<Garbage> {
  for (const root of [paths.workDirectory, paths.meta]) {
    const agents = paths.agents(root);
    for (const id of await directoriesIn(agents)) {
      if (paths.otherTrash.includes(join(agents, id))) continue;
      const isCurrent = () => agent.id === id;
      const directory = join(agents, id);
      yield* inAgent(agent, { directory, isCurrent, hasCheckpoints: root === paths.meta });
      const isEmpty = (await directoriesIn(join(directory, 'frameworks'))).length === 0;
      if (isEmpty && !isCurrent()) yield { path: directory, isUsed: isCurrent };
    }
  }
}

interface FoundAgent {
  readonly directory: string;
  readonly isCurrent: () => boolean;
  /** Otherwise what is in a run is a sandbox: its user's, not to be looked into. */
  readonly hasCheckpoints: boolean;
}

async function* inAgent(
  agent: GarbageSources['agent'],
  { directory, isCurrent, hasCheckpoints }: FoundAgent,
): AsyncGenerator<Garbage> {
  const frameworks = join(directory, 'frameworks');
  for (const frameworkId of await directoriesIn(frameworks)) {
    const path = join(frameworks, frameworkId);
    const framework = () => (isCurrent() ? agent.frameworks.get(frameworkId) : undefined);
    if (!framework()) yield { path, isUsed: () => framework() !== undefined };
    const executors = join(path, 'executors');
    const look = (id: string) =>
      Array.fromAsync(inExecutor(join(executors, id), () => framework()?.executors.get(id), hasCheckpoints));
    for (const ids of slices(await directoriesIn(executors), executorsAtOnce)) {
      for (const found of await Promise.all(ids.map(look))) yield* found;
    }
  }
}

type FoundExecutor = ReturnType<
  NonNullable<ReturnType<GarbageSources['agent']['frameworks']['get']>>['executors']['get']
>;

async function* inExecutor(
  path: string,
  executor: () => FoundExecutor,
  hasCheckpoints: boolean,
): AsyncGenerator<Garbage> {
  if (!executor()) yield { path, isUsed: () => executor() !== undefined };
  const runs = join(path, 'runs');
  const latest = basename(await readlink(join(runs, 'latest')).catch(ifAbsent('')));
  for (const run of await directoriesIn(runs)) {
    const isRunning = () => executor()?.containerId === run;
    if (!isRunning() && run !== latest) yield { path: join(runs, run), isUsed: isRunning };
    if (isRunning() && hasCheckpoints) yield* inRun(join(runs, run), executor);
  }
}

/** The checkpoints of tasks that have ended, of an executor that runs. */
async function* inRun(path: string, executor: () => FoundExecutor): AsyncGenerator<Garbage> {
  const tasks = join(path, 'tasks');
  for (const taskId of await directoriesIn(tasks)) {
    const isUsed = () => {
      const now = executor();
      return now !== undefined && (now.task(taskId) !== undefined || now.queuedTasks.has(taskId));
    };
    if (!isUsed()) yield { path: join(tasks, taskId), isUsed };
  }
}

/** Returns a list in pieces of at most so many. */
export function* slices<T>(list: readonly T[], length: number): Generator<readonly T[]> {
  for (let begin = 0; begin < list.length; begin += length) yield list.slice(begin, begin + length);
}

/** Returns the names of the directories in a directory, links left out; none when it does not exist. */
async function directoriesIn(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    return [];
  });
  return entries.filter(entry => entry.isDirectory()).map(({ name }) => name);
}
