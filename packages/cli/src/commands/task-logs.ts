import { HttpAnswerError } from '@meseta/process';
import { systemClock } from '@meseta/system/clock';
import { command, UsageError } from '../command.ts';
import { findTask, sandboxOf } from '../find-task.ts';
import { clusterOptions, withMaster } from '../master-option.ts';
import { jsonLines, write } from '../output.ts';
import type { FileSource } from '../sandbox/file-source.ts';
import { follow } from '../sandbox/follow.ts';
import { filesOf } from '../sandbox/locate.ts';
import { parseSince, SinceFilter } from '../sandbox/since.ts';
import { offsetOfLastLines, sizeOf } from '../sandbox/tail.ts';
import { isLive, untilEnded } from '../sandbox/watch-end.ts';

export default command({
  name: 'task logs',
  summary: "Print a task's output",
  arguments: 'TASK',
  options: {
    master: clusterOptions.master,
    json: { type: 'boolean', help: 'Print a JSON object a line' },
    framework: { type: 'string', value: 'ID', help: 'The framework, where several have such a task' },
    follow: { type: 'boolean', short: 'f', help: 'Go on printing as the task writes, until it ends' },
    stderr: { type: 'boolean', help: 'The standard error instead of the standard output' },
    tail: { type: 'string', short: 'n', value: 'LINES', help: 'Only the last LINES' },
    bytes: { type: 'string', short: 'c', value: 'BYTES', help: 'Only the last BYTES' },
    since: { type: 'string', value: 'TIME', help: "Only lines since TIME: '10m' (s, m, h, d) ago, or a date and time" },
  },
  notes: `--since goes by the time at the beginning of each line (ISO 8601, also within JSON or logfmt, or glog's): a
sandbox stores no times. A line without a time belongs to the line before.`,
  run: ({ master, json, framework, follow: following, stderr, tail, bytes, since }, [word, extra]) => {
    if (word === undefined) throw new UsageError('Which task? Give its id');
    if (extra !== undefined) throw new UsageError(`Unexpected argument '${extra}'`);
    if (tail !== undefined && bytes !== undefined) throw new UsageError('Give either --tail or --bytes, not both');
    const [lines, count] = [tail && wholeNumber('tail', tail), bytes && wholeNumber('bytes', bytes)];
    const sinceMs = since === undefined ? undefined : readSince(since);
    return withMaster(master, async client => {
      const task = await findTask(client, word, framework);
      const source = await filesOf(client, task.agent_id.value);
      const stopping = new AbortController();
      try {
        const stream = stderr ? 'stderr' : 'stdout';
        const path = `${sandboxOf(task)}/${stream}`;
        const size = await sizeOf(source, path).catch(absent);
        const offset = await firstByte(source, path, size, lines, count);
        const print = json ? jsonLines({ stream }) : (data: Buffer) => write('stdout', data);
        const filter = sinceMs === undefined ? undefined : new SinceFilter(sinceMs, size - offset, print);
        let live = following === true && isLive(task);
        const ended = live ? untilEnded(client, task, stopping.signal) : Promise.resolve();
        // When the master stays unreachable, the watch ends, but the available output is printed.
        const done = ended.catch(note).finally(() => {
          live = false;
        });
        const found = await follow({
          ...{ source, path, offset },
          ...(!following && size > 0 && { end: size }),
          write: data => filter?.write(data) ?? print(data),
          ended: () => !live,
          away: () => note(new Error(`agent ${task.agent_id.value} does not answer, waiting for it`)),
        });
        stopping.abort();
        await done;
        if (!found)
          throw new HttpAnswerError(404, `There is no ${stream} of ${task.task_id.value}; its sandbox may be gone`);
        await filter?.end();
        if (filter?.foundNoTimes)
          throw new UsageError(`No line of ${stream} has a time; use --tail instead of --since`);
        return 0;
      } finally {
        stopping.abort();
        await source.close();
      }
    });
  },
});

function note(error: unknown): void {
  if (error instanceof Error && error.name === 'AbortError') return;
  process.stderr.write(`meseta: ${error instanceof Error ? error.message : String(error)}\n`);
}

async function firstByte(
  source: FileSource,
  path: string,
  size: number,
  lines: number | '' | undefined,
  bytes: number | '' | undefined,
): Promise<number> {
  if (typeof lines === 'number') return offsetOfLastLines(source, path, size, lines).catch(absent);
  if (typeof bytes === 'number') return Math.max(0, size - bytes);
  return 0;
}

/** Returns the size of a file that does not exist yet. */
function absent(error: unknown): number {
  if (error instanceof HttpAnswerError && error.status === 404) return 0;
  throw error;
}

function wholeNumber(option: string, text: string): number {
  if (!/^\d+$/.test(text)) throw new UsageError(`--${option} takes a whole number, not '${text}'`);
  return Number(text);
}

function readSince(text: string): number {
  const time = parseSince(text, systemClock.now());
  if (time === undefined)
    throw new UsageError(`--since takes a time as '10m' or '2026-01-31T12:00:00Z', not '${text}'`);
  return time;
}
