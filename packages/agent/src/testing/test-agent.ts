/** Agents for tests: in this process, or as a child process that can be killed. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { AccessControl } from '@meseta/daemon';
import { parseFlags } from '@meseta/flags';
import type { Logger } from '@meseta/telemetry';
import { keepingLogger } from '@meseta/telemetry/testing';
import { agentFlags } from '../flags.ts';
import { startAgent } from '../main.ts';
import type { RunningAgent } from '../running-agent.ts';
import { ScriptedMaster } from './scripted-master.ts';

/** A work directory, a runtime directory and a master; all are gone after the test. */
export interface Bench {
  readonly directory: string;
  readonly master: ScriptedMaster;
  /** The log of agents in this process, which is printed when the test fails. */
  readonly log: Logger;
  /** The last lines of that log. */
  readonly lines: readonly string[];
  /** Runs after the test, the latest first, before master and directory go. */
  readonly onEnd: (end: () => Promise<unknown>) => void;
}

/** Sets a bench up. */
export async function bench(t: TestContext): Promise<Bench> {
  const directory = await mkdtemp(join(tmpdir(), 'meseta-agent-'));
  const master = await ScriptedMaster.start();
  const ends: (() => Promise<unknown>)[] = [];
  const { log, lines } = keepingLogger();
  t.after(async () => {
    if (!t.passed) process.stderr.write(lines.join(''));
    for (const end of ends.reverse()) await end();
    await master.close();
    await rm(directory, { recursive: true, force: true, maxRetries: 5 });
  });
  return { directory, master, log, lines, onEnd: end => void ends.push(end) };
}

/** The command line of an agent on a bench. @param more flags, in place of the usual ones of their names. */
export function agentArguments({ directory, master }: Bench, more: readonly string[] = []): string[] {
  return [
    `--master=${master.address}`,
    `--work_dir=${join(directory, 'work')}`,
    `--runtime_dir=${join(directory, 'run')}`,
    '--ip=127.0.0.1',
    '--port=0',
    '--no-hostname_lookup',
    '--resources=cpus:4;mem:4096;disk:4096;ports:[31000-31100]',
    '--registration_backoff_factor=1ms',
    '--executor_reregistration_timeout=5secs',
    ...more,
  ].filter((argument, index, all) => index === all.findLastIndex(each => nameOf(each) === nameOf(argument)));
}

const nameOf = (argument: string) => argument.split('=')[0];

/** Starts an agent in this process and waits until it is registered. */
export async function startTestAgent(at: Bench, ...more: string[]): Promise<RunningAgent> {
  return startAgentWith(at, {}, ...more);
}

/** The same, with an access control in place of what its flags ask for. */
export async function startAgentWith(
  at: Bench,
  access: Partial<AccessControl>,
  ...more: string[]
): Promise<RunningAgent> {
  const { flags, view } = parseFlags(agentFlags, agentArguments(at, more));
  const agent = await startAgent({ flags, flagsView: view, log: at.log, access });
  await agent.registered;
  return agent;
}

/** Starts an agent as a child process. */
export function spawnAgent(at: Bench, ...more: string[]): ChildProcess {
  const program = fileURLToPath(new URL('./agent-process.ts', import.meta.url));
  const options = { stdio: ['ignore', 'inherit', 'inherit'] as ('ignore' | 'inherit')[] };
  return spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', program, ...agentArguments(at, more)],
    options,
  );
}

/** Ends a process and waits until it is gone. */
export async function kill(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill(signal);
  await gone;
}
