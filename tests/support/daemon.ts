/** Masters and agents as processes of their own, which tests start, stop, freeze and kill. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { inspect } from 'node:util';
import { HttpClient } from '@meseta/process';
import { clientTls, isTlsEnabled } from '@meseta/process/testing';
import { eventually, freePort, type Place, thisMachine } from '@meseta/system/testing';

export { freePort } from '@meseta/system/testing';

const entry = new URL('../../packages/cli/bin/meseta.mjs', import.meta.url).pathname;

/** By name; true and false are `--name` and `--no-name`. */
export type Flags = Readonly<Record<string, string | number | boolean>>;

export interface DaemonOptions {
  readonly kind: 'master' | 'agent';
  /** Of its log. */
  readonly name: string;
  /** Its log is in here. */
  readonly directory: string;
  readonly flags: Flags;
  /** Where it runs. Default: on this machine, on 127.0.0.1. */
  readonly place?: Place;
  /** Variables of its environment, and of requests to it by TLS. */
  readonly env?: Readonly<Record<string, string>>;
}

/** A daemon that keeps its port when it is started again. */
export class Daemon {
  readonly port: number;
  readonly #options: DaemonOptions;
  #child: ChildProcess | undefined;
  /** How it ended last. */
  #exit: Promise<string> | undefined;

  static async start(options: DaemonOptions): Promise<Daemon> {
    const daemon = new Daemon(options, await freePort());
    await daemon.start();
    return daemon;
  }

  constructor(options: DaemonOptions, port: number) {
    this.#options = options;
    this.port = port;
  }

  get kind(): DaemonOptions['kind'] {
    return this.#options.kind;
  }

  get name(): string {
    return this.#options.name;
  }

  get place(): Place {
    return this.#options.place ?? thisMachine;
  }

  get origin(): string {
    return `${isTlsEnabled(this.#options.env ?? {}) ? 'https' : 'http'}://${this.address}`;
  }

  get address(): string {
    return `${this.place.ip}:${this.port}`;
  }

  get pid(): number {
    if (this.#child?.pid === undefined) throw new Error(`The ${this.#options.name} does not run`);
    return this.#child.pid;
  }

  get running(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  get log(): string {
    return readFileSync(this.logPath, 'utf8');
  }

  get logPath(): string {
    return path.join(this.#options.directory, `${this.#options.name}.log`);
  }

  /** Resolves with how it ended: `code 1`, `SIGKILL`. */
  get ended(): Promise<string> {
    return this.#exit ?? Promise.reject(new Error('Never started'));
  }

  /** Starts it, and waits until it answers; a master is healthy before it leads. */
  async start(flags: Flags = {}): Promise<void> {
    this.spawn(flags);
    const ready = this.#options.kind === 'master' ? '/state-summary' : '/health';
    let last: unknown;
    const awaited = () => `an answer of the ${this.name}, last ${inspect(last)}, its log:\n${tail(this.log)}`;
    await eventually(awaited, async () => {
      if (!this.running) throw new Error(`The ${this.name} ended (${await this.ended}):\n${tail(this.log)}`);
      const answer = await this.ask(ready).catch((error: unknown) => {
        last = error;
      });
      if (answer) last = answer.status;
      return answer?.status === 200 || answer?.status === 401; // a master that asks who wants to know
    });
  }

  /** The answer to GET. @throws when there is none. */
  async ask(
    url: string,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<{ readonly status: number; readonly text: string }> {
    if (this.origin.startsWith('http:')) {
      const answer = await fetch(`${this.origin}${url}`, { headers });
      return { status: answer.status, text: await answer.text() };
    }
    const client = new HttpClient(this.origin, { tls: clientTls(this.#options.env ?? {}), headers });
    try {
      const answer = await client.request('GET', url);
      return { status: answer.status, text: String(await answer.bytes()) };
    } finally {
      await client.close();
    }
  }

  /** Starts it only. */
  spawn(flags: Flags = {}): void {
    const { kind, directory, env } = this.#options;
    const { ip, enter } = this.place;
    const log = openSync(this.logPath, 'a');
    const all = { ip, hostname: ip, port: this.port, ...this.#options.flags, ...flags };
    const argv = [process.execPath, '--disable-warning=ExperimentalWarning', entry, kind, ...render(all)];
    const [program = '', ...words] = [...enter, ...argv];
    const child = spawn(program, words, {
      ...{ stdio: ['ignore', log, log], cwd: directory, env: { ...process.env, ...env } },
    });
    this.#child = child;
    this.#exit = once(child, 'exit').then(([code, signal]) => signal ?? `code ${code}`);
  }

  /** Sends a signal, and waits for the end when it is one that ends it. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    if (!this.running) return;
    this.#child?.kill(signal);
    if (signal !== 'SIGSTOP' && signal !== 'SIGCONT') await this.#exit;
  }
}

function render(flags: Flags): string[] {
  return Object.entries(flags).map(([name, value]) => {
    if (value === true) return `--${name}`;
    return value === false ? `--no-${name}` : `--${name}=${value}`;
  });
}

const tail = (text: string) => text.split('\n').slice(-15).join('\n');
