import { relative } from 'node:path';
import type { TestEvent } from 'node:test/reporters';
import { inspect } from 'node:util';

interface FileState {
  readonly startedMs: number;
  passed: number;
  failed: number;
  skipped: number;
  output: string;
  failures: string[];
  /** Why tests were skipped, each reason once. */
  readonly skipReasons: Set<string>;
}

/** Turns the events of a test run into lines: one for each file when it is done, and the failures in full. */
export class TestReport {
  readonly #strict: boolean;
  readonly #running = new Map<string, FileState>();
  #passed = 0;
  #failed = 0;
  #skipped = 0;
  #files = 0;

  /** @param strict skipped and todo tests count as failed. */
  constructor(strict: boolean) {
    this.#strict = strict;
  }

  add(event: TestEvent): void {
    switch (event.type) {
      case 'test:stdout':
      case 'test:stderr':
        this.#state(event.data.file).output += event.data.message;
        return;
      case 'test:dequeue':
        if (event.data.file) this.#state(event.data.file);
        return;
      case 'test:pass':
      case 'test:fail':
        this.#addResult(event.type === 'test:pass', event.data);
        // A file that could not be loaded, or did not exit well, is a failed test of its own and has no summary.
        if (event.data.name === event.data.file) this.#finishFile(event.data.file);
        return;
      case 'test:summary':
        if (event.data.file && this.#running.has(event.data.file)) {
          this.#finishFile(event.data.file, event.data.duration_ms);
        }
        return;
      default:
    }
  }

  /** Test files that are under way for longer than a time; not those that only define tests for others, which have no end. */
  runningLongerThan(limitMs: number): string[] {
    const now = performance.now();
    return [...this.#running]
      .filter(([file, { startedMs }]) => file.endsWith('.test.ts') && now - startedMs > limitMs)
      .map(([file]) => display(file));
  }

  /** A failure that is not one test's. */
  fail(message: string): void {
    this.#failed++;
    console.log(`FAIL ${message}`);
  }

  /** Prints the totals. @returns whether all is well. */
  finish(): boolean {
    for (const file of [...this.#running.keys()]) this.#finishFile(file);
    if (this.#passed === 0) this.fail('no test ran');
    console.log(`${this.#files} files, ${this.#skipped} tests skipped`);
    console.log(`${this.#passed} passed, ${this.#failed} failed`);
    return this.#failed === 0;
  }

  #state(file = ''): FileState {
    const known = this.#running.get(file);
    if (known) return known;
    const state: FileState = {
      startedMs: performance.now(),
      passed: 0,
      failed: 0,
      skipped: 0,
      output: '',
      failures: [],
      skipReasons: new Set(),
    };
    this.#running.set(file, state);
    return state;
  }

  #addResult(passed: boolean, data: Extract<TestEvent, { type: 'test:pass' | 'test:fail' }>['data']): void {
    if (data.details.type === 'suite' && passed) return;
    const state = this.#state(data.file);
    const skipped = (data.skip ?? data.todo) !== undefined && data.skip !== false && data.todo !== false;
    if (skipped) {
      state.skipped++;
      if (typeof data.skip === 'string') state.skipReasons.add(data.skip);
    }
    if (passed && !skipped) state.passed++;
    if (!passed || (skipped && this.#strict)) {
      state.failed++;
      const where = `${display(data.file ?? '')}:${data.line ?? 0}`;
      const reason =
        'error' in data.details ? inspectError(data.details.error) : `skipped or todo: ${data.skip ?? data.todo}`;
      state.failures.push(`${where} ${data.name}\n${indent(reason)}`);
    }
  }

  #finishFile(file: string, durationMs?: number): void {
    const state = this.#state(file);
    this.#running.delete(file);
    this.#files++;
    this.#passed += state.passed;
    this.#failed += state.failed;
    this.#skipped += state.skipped;
    const counts = [`${state.passed} passed`];
    if (state.failed > 0) counts.push(`${state.failed} failed`);
    if (state.skipped > 0) counts.push(`${state.skipped} skipped`);
    if (durationMs !== undefined) counts.push(`${(durationMs / 1000).toFixed(1)} s`);
    console.log(`${state.failed === 0 ? 'ok  ' : 'FAIL'} ${display(file)}: ${counts.join(', ')}`);
    for (const reason of state.skipReasons) console.log(indent(`skipped: ${reason}`));
    for (const failure of state.failures) console.log(indent(failure));
    if (state.failed > 0 && state.output !== '') console.log(indent(`output:\n${state.output}`));
  }
}

/** The reason of a failure: the runner wraps what the test threw. */
function inspectError(error: Error): string {
  return inspect(error.cause ?? error);
}

const display = (file: string) => relative('', file) || file;
const indent = (text: string) => text.trimEnd().replaceAll(/^/gm, '     ');
