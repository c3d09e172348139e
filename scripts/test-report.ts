import { relative } from 'node:path';
import type { TestEvent } from 'node:test/reporters';
import { inspect } from 'node:util';
import type { CutOff } from './test-file.ts';

/** As `needs` of `@meseta/system/testing` says it. */
const declaredNeed = /^needs (.+?): /s;

/** Turns test runs into lines: one for each file when it is done with the failures in full, and the totals. */
export class TestReport {
  readonly #strict: boolean;
  readonly #unmet = new Map<string, number>();
  #passed = 0;
  #failed = 0;
  #files = 0;

  /** @param strict tests whose needs are not met count as failed. */
  constructor(strict: boolean) {
    this.#strict = strict;
  }

  /** Begins the report of one file. */
  start(file: string): FileReport {
    return new FileReport(display(file), this.#strict, finished => {
      this.#files++;
      this.#passed += finished.passed;
      this.#failed += finished.failures.length;
      for (const [need, { count }] of finished.unmet) this.#unmet.set(need, (this.#unmet.get(need) ?? 0) + count);
    });
  }

  /** A failure that is no file's. */
  fail(message: string): void {
    this.#failed++;
    console.log(`FAIL ${message}`);
  }

  /** Prints the totals. @returns whether all is well. */
  finish(): boolean {
    if (this.#passed === 0) this.fail('no test ran');
    console.log(`${this.#files} files`);
    for (const [need, count] of this.#unmet) {
      console.log(`${count} ${count === 1 ? 'needs' : 'need'} ${need} and ${count === 1 ? 'was' : 'were'} not run`);
    }
    console.log(`${this.#passed} passed, ${this.#failed} failed`);
    return this.#failed === 0;
  }
}

/** What a file's tests came to. */
interface FileResult {
  readonly passed: number;
  readonly failures: readonly string[];
  /** Tests that were not run, by what they need, with the reasons that they give. */
  readonly unmet: ReadonlyMap<string, { readonly count: number; readonly reasons: ReadonlySet<string> }>;
}

/** The report of one test file. */
class FileReport {
  readonly #name: string;
  readonly #strict: boolean;
  readonly #onFinish: (result: FileResult) => void;
  readonly #started = performance.now();
  readonly #failures: string[] = [];
  readonly #unmet = new Map<string, { count: number; readonly reasons: Set<string> }>();
  #passed = 0;
  #output = '';
  #isFinished = false;

  constructor(name: string, strict: boolean, onFinish: (result: FileResult) => void) {
    this.#name = name;
    this.#strict = strict;
    this.#onFinish = onFinish;
  }

  add(event: TestEvent): void {
    if (this.#isFinished) return; // late news of a file that was cut off
    switch (event.type) {
      case 'test:stdout':
      case 'test:stderr':
        this.#output += event.data.message;
        return;
      case 'test:pass':
      case 'test:fail':
        this.#addResult(event.type === 'test:pass', event.data);
        return;
      default:
    }
  }

  fail(message: string): void {
    this.#failures.push(message);
  }

  /** @param limitMs undefined when it was interrupted. */
  addCutOff({ tests, last, processes }: CutOff, limitMs: number | undefined): void {
    const why = limitMs === undefined ? 'interrupted' : `cut off: not done after ${limitMs / 1000} seconds`;
    const lines = [
      why,
      tests.length > 0
        ? `under way: ${tests.join(' > ')}`
        : `no test was under way${last === undefined ? '' : `; the last that began: ${last}`}`,
      ...processes.map(command => `process: ${command}`),
    ];
    // That its process was killed is no news of its own.
    this.#failures.splice(0, this.#failures.length, ...this.#failures.filter(text => !text.startsWith(fileFailure)));
    this.#failures.push(lines.join('\n'));
  }

  /** Prints it. */
  finish(): void {
    this.#isFinished = true;
    const failures = this.#failures.map(text => text.replace(fileFailure, ''));
    this.#onFinish({ passed: this.#passed, failures, unmet: this.#unmet });
    const counts = [`${this.#passed} passed`];
    if (failures.length > 0) counts.push(`${failures.length} failed`);
    const unmet = [...this.#unmet.values()].reduce((sum, { count }) => sum + count, 0);
    if (unmet > 0) counts.push(`${unmet} not run`);
    counts.push(`${((performance.now() - this.#started) / 1000).toFixed(1)} s`);
    console.log(`${failures.length === 0 ? 'ok  ' : 'FAIL'} ${this.#name}: ${counts.join(', ')}`);
    for (const { reasons } of this.#unmet.values())
      for (const reason of reasons) console.log(indent(`not run: ${reason}`));
    for (const failure of failures) console.log(indent(failure));
    if (failures.length > 0 && this.#output !== '') console.log(indent(`output:\n${this.#output}`));
  }

  #addResult(passed: boolean, data: Extract<TestEvent, { type: 'test:pass' | 'test:fail' }>['data']): void {
    const isFile = data.name === data.file || display(data.name) === this.#name;
    if (passed && (data.details.type === 'suite' || isFile)) return;
    const skipped = reasonToSkip(data.skip) ?? reasonToSkip(data.todo);
    if (passed && skipped === undefined) {
      this.#passed++;
      return;
    }
    const [, need] = passed ? (declaredNeed.exec(skipped ?? '') ?? []) : [];
    if (need && skipped && !this.#strict) return this.#addUnmet(need, skipped);
    const reason = 'error' in data.details ? inspectError(data.details.error) : `skipped or todo: ${skipped}`;
    this.#failures.push(
      `${isFile ? fileFailure : ''}${display(data.file ?? '')}:${data.line ?? 0} ${data.name}\n${indent(reason)}`,
    );
  }

  #addUnmet(need: string, reason: string): void {
    const entry = this.#unmet.get(need) ?? { count: 0, reasons: new Set() };
    this.#unmet.set(need, entry);
    entry.count++;
    entry.reasons.add(reason);
  }
}

/** Marks the failure of a file's process, as opposed to one of a test. */
const fileFailure = '\0';

const reasonToSkip = (value: string | boolean | undefined): string | undefined =>
  value === undefined || value === false ? undefined : value === true ? 'no reason' : value;

/** The reason of a failure: the runner wraps what the test threw. */
function inspectError(error: Error): string {
  return inspect(error.cause ?? error);
}

const display = (file: string) => relative('', file) || file;
const indent = (text: string) => text.trimEnd().replaceAll(/^/gm, '     ');
