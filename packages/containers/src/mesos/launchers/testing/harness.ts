/** For the tests of the directory above: launchers on a temporary directory, which must be left clean. */

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { checkId } from '@meseta/protocol';
import { allPids, readProcess } from '@meseta/system';
import { eventually } from '@meseta/system/testing';
import type { ContainerKey } from '../../../container-id.ts';
import type { Launcher, LaunchSpec } from '../../launcher.ts';
import { PosixLauncher, type PosixLauncherOptions } from '../posix.ts';

/** Of this process alone, as real ids are: strays of a container are found by its id, wherever they are. */
export const id = (name: string): ContainerKey => checkId(`${name}-${process.pid}`);

type MakeLauncher = (options: PosixLauncherOptions) => Launcher;

const posix: MakeLauncher = options => new PosixLauncher(options);

/** What passes the contract of launchers. A new launcher is one more line. */
export const launchers: Readonly<Record<string, MakeLauncher>> = { posix };

/** A Perl program of which every process leaves its session, forks a successor and ends: nothing but orphans. */
export const hop = 'use POSIX; for (1 .. 3) { next if fork; while (1) { POSIX::setsid(); exit if fork } } sleep 1000';

export class Harness {
  readonly directory: string;
  readonly warnings: string[] = [];
  /** Runs when no process is left. */
  beforeRemoval: () => void = () => {};
  readonly #make: MakeLauncher;
  readonly #launchers: Launcher[] = [];

  static async make(test: TestContext, make: MakeLauncher = posix): Promise<Harness> {
    const harness = new Harness(await mkdtemp(join(tmpdir(), 'meseta-containers-')), make);
    test.after(() => harness.close());
    return harness;
  }

  private constructor(directory: string, make: MakeLauncher) {
    this.directory = directory;
    this.#make = make;
  }

  get runtimeDirectory(): string {
    return join(this.directory, 'runtime');
  }

  /** A new launcher on the same runtime directory: a restarted agent's. */
  launcher(more: { readonly endsContainers?: boolean } = {}): Launcher {
    const launcher = this.#make({
      ...more,
      runtimeDirectory: this.runtimeDirectory,
      onWarning: message => this.warnings.push(message),
    });
    this.#launchers.push(launcher);
    return launcher;
  }

  /** A shell command whose output goes to the files `stdout` and `stderr`. */
  shell(script: string, more: Partial<LaunchSpec> = {}): LaunchSpec {
    return {
      file: '/bin/sh',
      argv: ['sh', '-c', script],
      environment: { PATH: '/usr/local/bin:/usr/bin:/bin' },
      workingDirectory: this.directory,
      stdout: join(this.directory, 'stdout'),
      stderr: join(this.directory, 'stderr'),
      ...more,
    };
  }

  stdout(): Promise<string> {
    return readFile(join(this.directory, 'stdout'), 'utf8').catch(() => '');
  }

  /** Pids of processes that mention this harness's directory in their working directory, arguments or environment. */
  async processes(): Promise<number[]> {
    const mentions = await Promise.all(
      allPids().map(async pid => {
        const texts = [`/proc/${pid}/cmdline`, `/proc/${pid}/environ`].map(path =>
          readFile(path, 'utf8').catch(() => ''),
        );
        return (await Promise.all(texts)).some(text => text.includes(this.directory)) ? [pid] : [];
      }),
    );
    return mentions.flat().filter(pid => (readProcess(pid)?.state ?? 'Z') !== 'Z');
  }

  async close(): Promise<void> {
    await Promise.all(this.#launchers.map(launcher => launcher.close()));
    const last = this.#make({ runtimeDirectory: this.runtimeDirectory });
    const left = await last.recover();
    await Promise.all([...left.keys()].map(container => last.remove(container)));
    await last.close();
    await eventually('all processes to be gone', async () => (await this.processes()).length === 0);
    this.beforeRemoval();
    await rm(this.directory, { recursive: true, force: true });
  }
}
