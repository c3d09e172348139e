/** Prints the output of a task, as its sandbox has it. */
import type { Task } from '@meseta/protocol';
import { sandboxOf } from '../find-task.ts';
import type { Masters } from '../masters.ts';
import { watchReader } from '../watch-reader.ts';
import { follow } from './follow.ts';
import { filesOf } from './locate.ts';
import { RotatedFiles } from './rotated-files.ts';
import { SinceFilter } from './since.ts';
import { beginning } from './tail.ts';
import { isLive, untilEnded } from './watch-end.ts';

/** One file of a task's output. */
export type LogStream = 'stdout' | 'stderr';

/** Which part of the log is wanted. */
export interface LogPart {
  /** Also what is written from now on, until the task ends. */
  readonly following: boolean;
  /** The number of the last lines, or bytes, to begin with; both undefined: all. */
  readonly lines?: number | undefined;
  readonly bytes?: number | undefined;
  /** Only lines since this time, in milliseconds since 1970. */
  readonly sinceMs?: number | undefined;
}

/** Where a file is printed. */
export interface LogPrinter {
  /** Prints the next bytes. */
  print(data: Buffer): Promise<void>;
  /** Tells of trouble that may pass. */
  note(problem: string): void;
}

/**
 * Prints one stream with its rotated files, and what is added to it. A file that is truncated or replaced goes on from its
 * beginning.
 *
 * @param signal ends it.
 * @returns whether a line had a time, where times were asked for; `missing`: there is no such file.
 * @throws {HttpAnswerError} {HttpConnectionError} {LookupError}
 */
export async function printLog(
  masters: Masters,
  task: Task,
  stream: LogStream,
  { following, lines, bytes, sinceMs }: LogPart,
  { print, note, signal }: LogPrinter & { readonly signal?: AbortSignal },
): Promise<'printed' | 'missing' | 'without times'> {
  const source = await filesOf(masters, task.agent_id.value);
  const stopping = new AbortController();
  const stop = () => stopping.abort();
  signal?.addEventListener('abort', stop);
  let unwatch = () => {};
  try {
    const path = `${sandboxOf(task)}/${stream}`;
    const { begin, size } = await beginning(new RotatedFiles(source, path), { lines, bytes });
    const filter = sinceMs === undefined ? undefined : new SinceFilter(sinceMs, size, print);
    let live = following && isLive(task);
    if (live) unwatch = watchReader();
    const ended = live ? untilEnded(masters, task, stopping.signal) : Promise.resolve();
    // When the master stays unreachable, the watch ends, but the available output is printed.
    const done = ended
      .catch(error => {
        if (error.name !== 'AbortError') note(error.message);
      })
      .finally(() => {
        live = false;
      });
    const found = await follow({
      ...{ source, path, begin },
      ...(!following && size > 0 && { most: size }),
      write: data => filter?.write(data) ?? print(data),
      ended: () => !live,
      stopped: () => signal?.aborted === true,
      away: () => note(`agent ${task.agent_id.value} does not answer, waiting for it`),
    });
    stop();
    await done;
    if (!found) return 'missing';
    await filter?.end();
    return filter?.foundNoTimes ? 'without times' : 'printed';
  } finally {
    signal?.removeEventListener('abort', stop);
    unwatch();
    stop();
    await source.close();
  }
}
