import { setTimeout as sleep } from 'node:timers/promises';
import { findMarkedProcesses, signalProcess } from '@meseta/system';
import { keptOutput, killGroup, spawnTied } from '../../../../tied-process.ts';
import type { JsonObject } from './json.ts';

/** How much of a plugin's output is kept, in bytes. */
const outputBytes = 1024 * 1024;
/** How long the end of killed processes is waited for. */
const longestEndMs = 10_000;
/** Programs of the system, such as iptables, that plugins execute. */
const systemPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** One run of a plugin. */
export interface PluginRun {
  /** The plugin's path. */
  readonly program: string;
  readonly command: 'ADD' | 'DEL' | 'CHECK';
  /** The id of the container, by which processes of the run are found. */
  readonly containerId: string;
  /** The network namespace; undefined when it is gone. */
  readonly namespace: string | undefined;
  readonly ifName: string;
  /** Directories in which the plugin finds those it delegates to. */
  readonly directories: readonly string[];
  readonly config: JsonObject;
}

/** How a plugin ended. */
export interface PluginEnd {
  /** The exit code; undefined when a signal killed it. */
  readonly code: number | undefined;
  readonly signal: NodeJS.Signals | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a plugin. When the signal is aborted, it is killed with everything it started, and the promise resolves when
 * nothing is left. When the agent dies, the kernel kills the plugin, and the next agent what it had started.
 *
 * @see https://www.cni.dev/docs/spec/ section 2, Execution Protocol
 */
export async function runPlugin(run: PluginRun, signal: AbortSignal): Promise<PluginEnd> {
  const child = spawnTied([run.program], { cwd: '/', env: environment(run), stdio: ['pipe', 'pipe', 'pipe'] });
  const output = [child.stdout, child.stderr].map(stream => keptOutput(stream, outputBytes));
  child.stdin?.on('error', () => {}); // a plugin that reads nothing is judged by its answer
  child.stdin?.end(JSON.stringify(run.config));
  const { promise, resolve, reject } = Promise.withResolvers<Pick<PluginEnd, 'code' | 'signal'>>();
  child.once('error', reject);
  child.once('close', (code, ended) => resolve({ code: code ?? undefined, signal: ended ?? undefined }));
  let killing = Promise.resolve();
  const kill = () => {
    killGroup(child.pid);
    // A process that has left the group may hold the output open.
    killing = killRuns(run.containerId);
    killing.catch(reject);
  };
  signal.addEventListener('abort', kill, { once: true });
  if (signal.aborted) kill();
  try {
    const end = await promise;
    if (signal.aborted) {
      await killing; // still looking for processes, it would kill those of the container's next run
      await killRuns(run.containerId);
    }
    const [stdout = '', stderr = ''] = output.map(text => text());
    return { ...end, stdout, stderr };
  } finally {
    // The signal outlives the run: it would kill the container's next one.
    signal.removeEventListener('abort', kill);
  }
}

/**
 * Kills what is left of runs of plugins for a container, and waits until nothing is.
 *
 * @throws when a process does not end, because it hangs in the kernel.
 */
export async function killRuns(containerId: string): Promise<void> {
  const marks = { marker: { name: 'CNI_CONTAINERID', value: containerId }, first: { pid: 0, start: 0 } };
  for (const until = performance.now() + longestEndMs; ; await sleep(5)) {
    const left = await findMarkedProcesses({ ...marks, ownsSession: false });
    if (left.length === 0) return;
    if (performance.now() > until) {
      const pids = left.map(({ pid }) => pid).join(', ');
      throw new Error(`Processes of CNI plugins for container ${containerId} cannot be killed: ${pids}`);
    }
    for (const process of left) signalProcess(process, 'SIGKILL');
  }
}

function environment({ command, containerId, namespace = '', ifName, directories }: PluginRun): NodeJS.ProcessEnv {
  return {
    PATH: [process.env.PATH, systemPath].filter(Boolean).join(':'),
    CNI_COMMAND: command,
    CNI_CONTAINERID: containerId,
    CNI_NETNS: namespace,
    CNI_IFNAME: ifName,
    CNI_PATH: directories.join(':'),
  };
}
