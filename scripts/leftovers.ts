import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** A process may need a moment to end after its parent did, a longer one on a busy machine. */
const graceMs = 10_000;

/** A running process that has to do with a directory. */
export interface FoundProcess {
  readonly pid: number;
  readonly command: string;
}

/**
 * Finds what a run leaves behind. Everything is known by the run's own temporary directory: processes inherit it as
 * TMPDIR, files and mounts lie in it, cgroups and network namespaces have its name in theirs. What other runs on the
 * machine make meanwhile does not count.
 */
export class Leftovers {
  /** The run's directory. Short: the path of a Unix socket has 107 bytes at most. */
  readonly directory = mkdtempSync('/tmp/mt-');
  #files = 0;

  constructor() {
    chmodSync(this.directory, 0o755);
  }

  /** Makes the TMPDIR of one test file. Tests enter it as other users, too. */
  directoryOfFile(): string {
    const directory = join(this.directory, String(++this.#files));
    mkdirSync(directory);
    chmodSync(directory, 0o755);
    return directory;
  }

  /** Waits for what is about to go, removes what stays. @returns a line for each thing that stayed in a file's TMPDIR. */
  async collect(directory: string): Promise<string[]> {
    const deadline = performance.now() + graceMs;
    while (processesOf(directory).length > 0 && performance.now() < deadline) await sleep(50);
    const processes = endProcesses(directory);
    const mounts = mountsBelow(directory);
    const files = attempt(() => readdirSync(directory), []).map(name => join(directory, name));
    if (mounts.length === 0) rmSync(directory, { recursive: true, force: true });
    return [
      ...processes.map(({ pid, command }) => `process ${pid}: ${command}`),
      ...mounts.map(point => `mount ${point}`),
      ...files.map(file => `file ${file}`),
    ];
  }

  /** Does the same for what belongs to no file. */
  async finish(): Promise<string[]> {
    const name = basename(this.directory);
    const groups = attempt(() => readdirSync('/sys/fs/cgroup', { recursive: true, encoding: 'utf8' }), []);
    const namespaces = attempt(() => readdirSync('/run/netns'), []);
    return [
      ...(await this.collect(this.directory)),
      ...groups.filter(path => basename(path).includes(name)).map(path => `cgroup ${path}`),
      ...namespaces.filter(each => each.includes(name)).map(each => `network namespace ${each}`),
    ];
  }
}

/** Kills all processes of a directory. @returns those that there were. */
export function endProcesses(directory: string): FoundProcess[] {
  const found = processesOf(directory);
  for (const { pid } of found) attempt(() => process.kill(pid, 'SIGKILL'), false);
  return found;
}

/**
 * Other processes whose command line, environment, working directory or open files name the directory or something in
 * it. A daemon may have open files only.
 */
export function processesOf(directory: string): FoundProcess[] {
  // Not the directory `…/12` when `…/1` is asked for.
  const named = new RegExp(`${directory.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}(?!\\d)`);
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap(name => {
      const command = attempt(() => readFileSync(`/proc/${name}/cmdline`, 'utf8'), '').replaceAll('\0', ' ');
      const environment = attempt(() => readFileSync(`/proc/${name}/environ`, 'utf8'), '');
      const cwd = attempt(() => readlinkSync(`/proc/${name}/cwd`), '');
      const ours =
        [command, environment, cwd].some(text => named.test(text)) || openFiles(name).some(path => named.test(path));
      return ours ? [{ pid: Number(name), command: command.trim() || cwd }] : [];
    });
}

function openFiles(pid: string): string[] {
  const descriptors = attempt(() => readdirSync(`/proc/${pid}/fd`), []);
  return descriptors.map(each => attempt(() => readlinkSync(`/proc/${pid}/fd/${each}`), ''));
}

function mountsBelow(directory: string): string[] {
  const points = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map(line => line.split(' ')[4] ?? '');
  return points.filter(point => point.startsWith(`${directory}/`));
}

/** Processes and cgroups end while one looks at them; what is gone is no leftover. */
function attempt<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch {
    return otherwise;
  }
}
