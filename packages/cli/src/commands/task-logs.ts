import { HttpAnswerError } from '@meseta/process';
import type { Task } from '@meseta/protocol';
import { systemClock } from '@meseta/system/clock';
import { command, UsageError } from '../command.ts';
import { findTask } from '../find-task.ts';
import { clusterOptions, withMaster } from '../master-option.ts';
import { jsonLines, write } from '../output.ts';
import { PrefixedLines } from '../sandbox/prefixed-lines.ts';
import { parseSince } from '../sandbox/since.ts';
import { type LogStream, printLog } from '../sandbox/task-log.ts';
import { printable, style } from '../table.ts';

/** Each task that is followed has its own connections. */
const mostTasks = 64;

export default command({
  name: 'task logs',
  summary: 'Print the output of tasks',
  arguments: 'TASK …',
  options: {
    master: clusterOptions.master,
    json: { type: 'boolean', help: 'Print a JSON object a line' },
    framework: { type: 'string', value: 'ID', help: 'The framework, where several have such a task' },
    follow: { type: 'boolean', short: 'f', help: 'Go on printing as the tasks write, until they end' },
    stderr: { type: 'boolean', help: 'The standard error instead of the standard output' },
    all: { type: 'boolean', short: 'a', help: 'Both: the standard error goes to the standard error' },
    tail: { type: 'string', short: 'n', value: 'LINES', help: 'Only the last LINES' },
    bytes: { type: 'string', short: 'c', value: 'BYTES', help: 'Only the last BYTES' },
    since: { type: 'string', value: 'TIME', help: "Only lines since TIME: '10m' (s, m, h, d) ago, or a date and time" },
  },
  notes: `Of several tasks, each line begins with the id of its task.

--since goes by the time at the beginning of each line (ISO 8601, also within JSON or logfmt, or glog's): a
sandbox stores no times. A line without a time belongs to the line before.`,
  run: ({ master, json, framework, follow: following = false, stderr, all, tail, bytes, since }, words) => {
    if (words.length === 0) throw new UsageError('Which task? Give its id');
    if (words.length > mostTasks) throw new UsageError(`At most ${mostTasks} tasks at once, not ${words.length}`);
    if (tail !== undefined && bytes !== undefined) throw new UsageError('Give either --tail or --bytes, not both');
    if (stderr && all) throw new UsageError('Give either --stderr or --all, not both');
    const part = {
      following,
      lines: tail === undefined ? undefined : wholeNumber('tail', tail),
      bytes: bytes === undefined ? undefined : wholeNumber('bytes', bytes),
      sinceMs: since === undefined ? undefined : readSince(since),
    };
    const streams: readonly LogStream[] = all ? ['stdout', 'stderr'] : stderr ? ['stderr'] : ['stdout'];
    return withMaster(master, async (client, masters) => {
      const tasks = new Map<string, Task>();
      for (const word of words) {
        const task = await findTask(client, word, framework);
        tasks.set(`${task.framework_id.value} ${task.task_id.value}`, task);
      }
      const names = prefixesOf([...tasks.values()]);
      const print = async (task: Task, stream: LogStream) => {
        const printer = printerOf(task, stream, { json, prefix: names?.get(task), single: streams.length === 1 });
        const result = await printLog(masters, task, stream, part, { print: printer.print, note });
        await printer.end();
        if (result === 'missing') {
          const id = task.task_id.value;
          throw new HttpAnswerError(404, `There is no ${stream} of ${id}; its sandbox may be gone`);
        }
        if (result === 'without times') {
          throw new UsageError(`No line of ${stream} has a time; use --tail instead of --since`);
        }
      };
      const printing = [...tasks.values()].flatMap(task => streams.map(stream => print(task, stream)));
      if (printing.length === 1) await printing[0];
      const failures = (await Promise.allSettled(printing)).flatMap(each =>
        each.status === 'rejected' ? [each.reason] : [],
      );
      for (const failure of failures) note(failure.message);
      return failures.length > 0 ? 1 : 0;
    });
  },
});

/** Prints one file of one task. */
interface Printer {
  print(data: Buffer): Promise<void>;
  end(): Promise<void>;
}

function printerOf(
  { task_id }: Task,
  stream: LogStream,
  { json, prefix, single }: { json: boolean | undefined; prefix: string | undefined; single: boolean },
): Printer {
  const end = async () => undefined;
  if (json) return { print: jsonLines({ ...(prefix !== undefined && { task: task_id.value }), stream }), end };
  // One file goes to the standard output, whichever it is.
  const to = single ? 'stdout' : stream;
  if (prefix === undefined) return { print: data => write(to, data), end };
  const lines = new PrefixedLines(style('dim', `${prefix} | `, process[to]), data => write(to, data));
  return { print: data => lines.write(data), end: () => lines.end() };
}

/** Returns what lines of several tasks begin with, all of the same width; undefined for one task. */
function prefixesOf(tasks: readonly Task[]): ReadonlyMap<Task, string> | undefined {
  if (tasks.length < 2) return undefined;
  const names = tasks.map(({ task_id }) => printable(task_id.value));
  const width = Math.max(...names.map(({ length }) => length));
  return new Map(tasks.map((task, index) => [task, (names[index] ?? '').padEnd(width)]));
}

function note(problem: string): void {
  process.stderr.write(`meseta: ${problem}\n`);
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
