/** A terminal that a test types on, made by script(1). */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { eventually } from '@meseta/system/testing';

/** A shell command on a terminal of its own. */
export class Terminal {
  readonly child: ChildProcess;
  /** All that was shown. */
  shown = '';
  readonly finished: Promise<number | null>;

  /** @param line is run by bash: dash ends itself at Ctrl-C. */
  constructor(line: string, env: Record<string, string> = {}) {
    this.child = spawn('script', ['-qec', line, '/dev/null'], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, TERM: 'xterm', SHELL: '/bin/bash', ...env },
    });
    this.child.stdin?.on('error', () => undefined); // it has ended, which its exit shows
    this.child.stdout?.on('data', data => {
      this.shown += data;
    });
    this.finished = once(this.child, 'close').then(([code]) => code);
  }

  /** Types on it. */
  type(keys: string): void {
    this.child.stdin?.write(keys);
  }

  /** Waits until it shows something. */
  async shows(pattern: RegExp): Promise<string> {
    return eventually(
      () => `${pattern} on ${JSON.stringify(this.shown)}`,
      () => pattern.exec(this.shown)?.[0],
    );
  }

  /** Ends it, and waits for that. */
  async close(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.finished;
  }
}
