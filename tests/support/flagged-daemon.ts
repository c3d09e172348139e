/** A master or an agent as its operator starts it: flags from the environment and the command line, and its log. */
import path from 'node:path';
import type { TestContext } from 'node:test';
import { eventually, freePort } from '@meseta/system/testing';
import { Meseta } from './meseta.ts';
import { temporaryDirectory } from './temporary-directory.ts';

/** A daemon as a process of its own, which ends with the test. */
export interface FlaggedDaemon {
  readonly process: Meseta;
  readonly origin: string;
  /** Where its own directories are. */
  readonly directory: string;
  /** The JSON of an answer to GET. */
  // biome-ignore lint/suspicious/noExplicitAny: views are looked at by the test, not typed here
  ask(where: string): Promise<any>;
}

/** What each kind needs besides. No master answers the agent. */
const ownVariables = {
  master: () => ({}),
  agent: (directory: string) => ({ MESOS_MASTER: '127.0.0.1:1', MESOS_runtime_dir: path.join(directory, 'run') }),
};

/**
 * Starts a daemon that has the flags it needs from the environment alone, and waits until it answers. A master leads then.
 *
 * @param more of its environment.
 */
export async function startFlagged(
  t: TestContext,
  kind: keyof typeof ownVariables,
  argv: readonly string[],
  more: Readonly<Record<string, string>> = {},
): Promise<FlaggedDaemon> {
  const directory = temporaryDirectory(t, 'flags');
  const port = await freePort();
  const env = {
    MESOS_WORK_DIR: path.join(directory, 'work'),
    mesos_not_a_flag: 'ignored',
    MESOS_NOT_A_FLAG: 'ignored',
    MESOS_ip: '127.0.0.1',
    MESOS_PORT: String(port),
    'MESOS_no-hostname_lookup': '',
    ...ownVariables[kind](directory),
    ...more,
  };
  const process = new Meseta([kind, ...argv], { env });
  t.after(async () => {
    process.child.kill('SIGTERM');
    await process.finished;
  });
  const origin = `http://127.0.0.1:${port}`;
  await eventually(`an answer of the ${kind}`, async () => {
    if (process.child.exitCode !== null) throw new Error(`The ${kind} ended: ${process.stderr}`);
    return (await fetch(`${origin}/state`).catch(() => undefined))?.ok;
  });
  return { process, origin, directory, ask: async where => (await fetch(`${origin}${where}`)).json() };
}

/** The severities of the lines of a log: `IW`. */
export const severities = (log: string) => [...new Set(log.match(/^[IWEF](?=\d{4} )/gm))].sort().join('');
