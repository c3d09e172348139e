/** `meseta task …` as users of a cluster run it, on terminals and without. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { TestContext } from 'node:test';
import type { Cluster } from './cluster.ts';
import { command, type Finished, Meseta } from './meseta.ts';
import { Terminal } from './terminal.ts';

/** The command as words of a shell's line. */
export const commandWords = command.map(word => `'${word}'`).join(' ');

/** What users of one cluster type. All of it ends with the test. */
export interface TaskCommands {
  /** The environment in which `meseta` finds the cluster. */
  readonly env: Record<string, string>;
  /** Starts `meseta task` with arguments. */
  start(...argv: string[]): Meseta;
  /** Runs `meseta task` with arguments to its end. */
  on(...argv: string[]): Promise<Finished>;
  /** Runs a shell's line, which has the word `meseta`, on a terminal. */
  typed(line: string): Terminal;
}

/** Returns the commands of users of a cluster. */
export function taskCommands(t: TestContext, cluster: Cluster): TaskCommands {
  const env = { MESETA_MASTER: cluster.master.address };
  const start = (...argv: string[]) => {
    const running = new Meseta(['task', ...argv], { env });
    t.after(() => running.kill());
    return running;
  };
  const typed = (line: string) => {
    const terminal = new Terminal(line.replaceAll('meseta', commandWords), env);
    t.after(() => terminal.close());
    return terminal;
  };
  return { env, start, typed, on: (...argv) => start(...argv).finished };
}

/** Sends 20 MB of all bytes through `meseta task exec -i TASK cat`, and asserts that they come back. */
export async function assertEchoes({ env }: TaskCommands, task: string): Promise<void> {
  const bytes = randomBytes(20_000_000);
  const child = spawn(process.execPath, [...command.slice(1), 'task', 'exec', '-i', task, 'cat'], {
    env: { ...process.env, ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const hash = createHash('sha256');
  child.stdout.on('data', data => hash.update(data));
  child.stdin.end(bytes);
  const [code] = await once(child, 'close');
  assert.equal(code, 0);
  assert.equal(hash.digest('hex'), createHash('sha256').update(bytes).digest('hex'));
}
