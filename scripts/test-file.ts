import { rmSync } from 'node:fs';
import { run } from 'node:test';
import type { TestEvent } from 'node:test/reporters';
import { setTimeout as sleep } from 'node:timers/promises';
import { endProcesses, processesOf } from './leftovers.ts';
import { type Progress, progressFile, readProgress } from './test-progress-file.ts';

/** From the end of its processes to the end of a file's events. */
const graceMs = 10_000;

export interface FileRun {
  /** Path of the test file. */
  readonly file: string;
  /** Its TMPDIR, which only its processes have. */
  readonly directory: string;
  readonly limitMs: number;
  /** Ends it, too. */
  readonly signal: AbortSignal;
  readonly onEvent: (event: TestEvent) => void;
}

/** What a file was doing that was cut off. */
export interface CutOff {
  /** Tests that had begun and not ended, the outer one first. */
  readonly tests: readonly string[];
  /** The test that began last, where there is none of those; undefined when none began. */
  readonly last?: string | undefined;
  /** Command lines of processes that it started. */
  readonly processes: readonly string[];
}

/**
 * Runs one test file in a process of its own. When it takes longer than its limit, all of its processes are killed.
 *
 * @returns what it was doing then; undefined when it ended by itself.
 */
export async function runTestFile({ file, directory, limitMs, signal, onEvent }: FileRun): Promise<CutOff | undefined> {
  const abort = new AbortController();
  const options = {
    files: [file],
    signal: abort.signal,
    env: { ...process.env, TMPDIR: directory },
    execArgv: ['--disable-warning=ExperimentalWarning', `--import=${new URL('test-progress.ts', import.meta.url)}`],
  };
  const begun = new Set<string>();
  const events = (async () => {
    for await (const event of run(options)) {
      if (event.type === 'test:dequeue' && event.data.name !== file) begun.add(event.data.name);
      if (event.type === 'test:complete') begun.delete(event.data.name);
      onEvent(event);
    }
  })();
  const limit = Promise.withResolvers<void>();
  const timer = setTimeout(limit.resolve, limitMs);
  const stop = () => limit.resolve();
  signal.addEventListener('abort', stop);
  if (signal.aborted) stop();
  const ended = await Promise.race([events.then(() => true), limit.promise.then(() => false)]);
  clearTimeout(timer);
  signal.removeEventListener('abort', stop);
  if (ended) {
    rmSync(progressFile(directory), { force: true });
    return undefined;
  }
  const found = {
    ...under(begun, readProgress(directory)),
    processes: commandsOf(directory).filter(each => !each.endsWith(file)),
  };
  while (endProcesses(directory).length > 0) await sleep(50); // one of them may have started another meanwhile
  rmSync(progressFile(directory), { force: true });
  abort.abort();
  // A process that has left everything behind that it could be known by may still hold the output.
  await Promise.race([events, sleep(graceMs, undefined, { ref: false })]);
  return found;
}

/** What was under way, as the process of the file and the events that came from it have it. */
const under = (events: ReadonlySet<string>, { begun, last }: Progress): Pick<CutOff, 'tests' | 'last'> => ({
  tests: [...new Set([...events, ...begun])],
  last,
});

const commandsOf = (directory: string) => processesOf(directory).map(({ command }) => command);
