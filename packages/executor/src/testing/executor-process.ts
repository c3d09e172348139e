/** For tests: runs an executor in its own process, under a scripted agent, in a sandbox that is removed. */

import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { TaskInfo } from '@meseta/protocol';
import { allPids } from '@meseta/system';
import { eventually } from '@meseta/system/testing';
import type { Certificate } from '@meseta/tasks/testing';
import { ScriptedAgent } from './scripted-agent.ts';

const entry = fileURLToPath(new URL('../standalone/entry.ts', import.meta.url));

let unique = (process.pid % 10_000) * 100;

/** Returns an argument for `sleep` that no other process has. */
export const uniqueMark = (): string => String(10_000_000 + ++unique);

/** Returns the pids of running processes with that argument. */
export function processesWith(argument: string): number[] {
  return allPids().filter(pid => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(argument);
    } catch {
      return false;
    }
  });
}

/** An executor under test, with its agent and its sandbox. */
export class ExecutorProcess {
  readonly agent: ScriptedAgent;
  readonly sandbox: string;
  output = '';
  #endpoint = '';
  #child: ChildProcess | undefined;

  /** @param tls of the agent. */
  static async make(test: TestContext, tls?: Certificate): Promise<ExecutorProcess> {
    const sandbox = await mkdtemp(join(tmpdir(), 'meseta-executor-'));
    const executor = new ExecutorProcess(sandbox, new ScriptedAgent(tls));
    executor.#endpoint = await executor.agent.listen();
    test.after(() => executor.#close());
    return executor;
  }

  private constructor(sandbox: string, agent: ScriptedAgent) {
    this.sandbox = sandbox;
    this.agent = agent;
  }

  /** @param before the executor's own command line: a program that becomes it. @param script default: the sources. */
  start(environment: Record<string, string> = {}, before: readonly string[] = [], script = entry): this {
    return this.run([...before, process.execPath, '--disable-warning=ExperimentalWarning', script], {
      MESOS_DIRECTORY: this.sandbox,
      MESOS_SANDBOX: this.sandbox,
      MESOS_AGENT_ENDPOINT: this.#endpoint,
      MESOS_EXECUTOR_SHUTDOWN_GRACE_PERIOD: '5secs',
      ...environment,
    });
  }

  /** Starts an executor by its command line, with nothing but its ids in the environment. */
  run([file = '', ...argv]: readonly string[], environment: Record<string, string>): this {
    const env = { PATH: process.env.PATH, MESOS_FRAMEWORK_ID: 'f', MESOS_EXECUTOR_ID: 'e', ...environment };
    const child = spawn(file, argv, { cwd: this.sandbox, env, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', text => {
        this.output += text;
      });
    }
    this.#child = child;
    return this;
  }

  /** Launches a task with that command of its own. @returns its id. */
  async launch(command: string, more: Partial<TaskInfo> = {}): Promise<void> {
    await eventually('the subscription', () => this.agent.subscribed);
    this.agent.send({ type: 'LAUNCH', launch: { task: taskInfo('t', command, more) } });
  }

  /** The states so far; `RUNNING +` is healthy, `RUNNING -` unhealthy. */
  get states(): string[] {
    return this.agent.statuses.map(({ state, healthy }) => {
      const health = healthy === undefined ? '' : healthy ? ' +' : ' -';
      return `${state.slice(5)}${health}`;
    });
  }

  get lastMessage(): string | undefined {
    return this.agent.statuses.at(-1)?.message;
  }

  state(name: string): Promise<unknown> {
    return eventually(`${name}, there is ${this.states} and ${this.output}`, () => this.states.includes(name));
  }

  /** Waits for output. A process may have ended before what it wrote is read here. */
  async says(pattern: RegExp): Promise<void> {
    await eventually(
      () => `${pattern} in ${this.output}`,
      () => pattern.test(this.output),
    );
  }

  /** Its exit code. */
  async ended(): Promise<number | null> {
    const child = this.#child;
    assert.ok(child);
    if (child.exitCode === null && child.signalCode === null) {
      const timer = setTimeout(() => child.kill('SIGKILL'), 120_000);
      await once(child, 'exit');
      clearTimeout(timer);
    }
    return child.exitCode;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child?.kill(signal);
  }

  read(name: string): Promise<string> {
    return readFile(join(this.sandbox, name), 'utf8').catch(() => '');
  }

  async #close(): Promise<void> {
    this.#child?.kill('SIGKILL');
    if (this.#child) await this.ended();
    await this.agent.close();
    await rm(this.sandbox, { recursive: true, force: true });
  }
}

/** Makes a TaskInfo with that command. */
export function taskInfo(id: string, command: string, more: Partial<TaskInfo> = {}): TaskInfo {
  return {
    name: id,
    task_id: { value: id },
    agent_id: { value: 'a' },
    resources: [],
    command: { value: command },
    ...more,
  };
}
