import { chmodSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** A process may need a moment to end after its parent did. */
const graceMs = 3000;

/**
 * What a run leaves behind. Its processes are known by the run's own temporary directory, which they inherit as TMPDIR;
 * files by lying in it; mounts, cgroups and network namespaces by being new.
 */
export class Leftovers {
  /** The run's TMPDIR. Short: the path of a Unix socket has 107 bytes at most. Tests enter it as other users, too. */
  readonly directory = mkdtempSync('/tmp/mt-');
  readonly #before = this.#kernelObjects();

  constructor() {
    chmodSync(this.directory, 0o755);
  }

  /** Waits for what is about to go, removes what stays. @returns a line for each thing that stayed. */
  async collect(): Promise<string[]> {
    const deadline = performance.now() + graceMs;
    while (this.#processes().length > 0 && performance.now() < deadline) await sleep(50);
    const processes = this.#processes();
    const lines = processes.map(({ pid, command }) => `process ${pid}: ${command}`);
    for (const { pid } of processes) process.kill(pid, 'SIGKILL');
    const kernelObjects = [...this.#kernelObjects()].filter(each => !this.#before.has(each));
    const files = readdirSync(this.directory).map(name => `${this.directory}/${name}`);
    if (!kernelObjects.some(each => each.startsWith('mount'))) rmSync(this.directory, { recursive: true, force: true });
    return [...lines, ...kernelObjects, ...files.map(file => `file ${file}`)];
  }

  #processes(): { pid: number; command: string }[] {
    return readdirSync('/proc')
      .filter(name => /^\d+$/.test(name) && Number(name) !== process.pid)
      .flatMap(name => {
        const command = attempt(() => readFileSync(`/proc/${name}/cmdline`, 'utf8')).replaceAll('\0', ' ');
        const environment = attempt(() => readFileSync(`/proc/${name}/environ`, 'utf8'));
        const directory = attempt(() => readlinkSync(`/proc/${name}/cwd`));
        const ours = [command, environment, directory].some(text => text.includes(this.directory));
        return ours ? [{ pid: Number(name), command: command.trim() || directory }] : [];
      });
  }

  /** Mounts and cgroups that bear our names, and all named network namespaces: other programs come and go meanwhile. */
  #kernelObjects(): Set<string> {
    const mounts = readFileSync('/proc/self/mountinfo', 'utf8').split('\n');
    const points = mounts.map(line => line.split(' ')[4] ?? '').filter(point => this.#isOurs(point));
    const cgroups = attemptList(() => readdirSync('/sys/fs/cgroup', { recursive: true, withFileTypes: true }));
    const paths = cgroups.filter(entry => entry.isDirectory()).map(({ parentPath, name }) => `${parentPath}/${name}`);
    const groups = paths.filter(path => this.#isOurs(path));
    const namespaces = attemptList(() => readdirSync('/run/netns'));
    return new Set([
      ...points.map(each => `mount ${each}`),
      ...groups.map(each => `cgroup ${each}`),
      ...namespaces.map(each => `network namespace ${each}`),
    ]);
  }

  #isOurs(path: string): boolean {
    return path.includes(basename(this.directory)) || /mesos|meseta/.test(path);
  }
}

/** Processes and cgroups end while one looks at them; what is gone is no leftover. */
function attempt(read: () => string): string {
  try {
    return read();
  } catch {
    return '';
  }
}

function attemptList<T>(read: () => T[]): T[] {
  try {
    return read();
  } catch {
    return [];
  }
}
