/** Networks for tests of agents: configurations, plugins and an agent that uses them. Only in a network of the test's own. */
import { execFile } from 'node:child_process';
import { chmod, mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { promisify } from 'node:util';
import { KillTaskMessage, type NetworkInfo, type TaskInfo } from '@meseta/protocol';
import { findMarkedProcesses } from '@meseta/system';
import { eventually, type Need, needs } from '@meseta/system/testing';
import { frameworkId } from './scripted-master.ts';
import { type Bench, bench } from './test-agent.ts';

/** Where Debian has the plugins. */
export const debianPlugins = '/usr/lib/cni';

/** The packages that these tests need. */
export const networkPackages: Need = needs.package(
  'containernetworking-plugins',
  ...['bridge', 'host-local', 'portmap', 'bandwidth'].map(name => join(debianPlugins, name)),
);

/** Runs a program. @returns its standard output. */
export async function run(program: string, ...argv: string[]): Promise<string> {
  return (await promisify(execFile)(program, argv, { encoding: 'utf8' })).stdout;
}

/** The command of a task that serves HTTP. */
export const server = 'exec python3 -m http.server 80';

/** What a plugin in sh answers to ADD: two addresses. */
export const addresses = `echo '{"cniVersion": "1.0.0", "ips": [{"address": "192.0.2.7/24"}, {"address": "2001:db8::7/64"}]}'`;

/** Returns the body of a plugin that attaches, and does something else for other commands. */
export const attaching = (otherwise: string) => `if [ $CNI_COMMAND = ADD ]; then ${addresses}; else ${otherwise}; fi`;

/** A bench with directories for networks, and for plugins of the test besides those of Debian. */
export class NetworkBench {
  readonly at: Bench;
  readonly #root: string;

  static async make(t: TestContext): Promise<NetworkBench> {
    const at = await bench(t);
    const made = new NetworkBench(at, `meseta-test-${basename(dirname(tmpdir()))}-${at.directory.split('-').at(-1)}`);
    await mkdir(made.configs);
    await mkdir(made.plugins);
    await mkdir(made.leases);
    at.onEnd(() => made.#removeCgroups());
    at.onEnd(() => made.#unmount());
    return made;
  }

  /** A bench with a network `net` whose only plugin is in sh. @param body see {@link writePlugin}. */
  static async withPlugin(t: TestContext, body: string): Promise<NetworkBench> {
    const made = await NetworkBench.make(t);
    await made.writePlugin('fake', body);
    await made.write('net.conf', { cniVersion: '1.0.0', name: 'net', type: 'fake' });
    return made;
  }

  private constructor(at: Bench, root: string) {
    this.at = at;
    this.#root = root;
  }

  get configs(): string {
    return join(this.at.directory, 'net.d');
  }

  get plugins(): string {
    return join(this.at.directory, 'plugins');
  }

  /** Where host-local has the addresses that are in use. */
  get leases(): string {
    return join(this.at.directory, 'leases');
  }

  /** What the agent has recorded. */
  get records(): string {
    return join(this.at.directory, 'run/isolators/network/cni');
  }

  /** Flags of an agent with networks. */
  flags(...more: string[]): string[] {
    return [
      `--network_cni_config_dir=${this.configs}`,
      `--network_cni_plugins_dir=${this.plugins}:${debianPlugins}`,
      `--cgroups_root=${this.#root}`,
      ...more,
    ];
  }

  /** Writes a network configuration. */
  async write(file: string, document: unknown): Promise<void> {
    const text = typeof document === 'string' ? document : JSON.stringify(document);
    await writeFile(join(this.configs, file), text);
  }

  /** Writes a bridge with addresses of 10.91.<net>.0/24. @param chained plugins after it. */
  async writeBridge(name: string, net: number, chained: object[] = [], more: object = {}): Promise<void> {
    const ipam = { type: 'host-local', dataDir: this.leases, ranges: [[{ subnet: `10.91.${net}.0/24` }]], ...more };
    const bridge = { type: 'bridge', bridge: `br${net}`, isGateway: true, ipMasq: false, ipam };
    await this.write(`${name}.conflist`, { cniVersion: '1.0.0', name, plugins: [bridge, ...chained] });
  }

  /** Writes a plugin in sh, which logs its calls. @param body what it does; `$CNI_COMMAND` says what is asked. */
  async writePlugin(type: string, body: string): Promise<void> {
    const path = join(this.plugins, type);
    const log = join(this.at.directory, 'calls');
    const line = 'echo "$CNI_COMMAND $CNI_CONTAINERID $CNI_IFNAME" >>';
    await writeFile(path, `#!/bin/sh\ninput=$(cat)\n${line}'${log}'\n${body}\n`);
    await chmod(path, 0o755);
  }

  /** Returns the commands that plugins of the test got, in order. */
  async calls(): Promise<string[]> {
    const text = await readFile(join(this.at.directory, 'calls'), 'utf8').catch(() => '');
    return text.split('\n').flatMap(line => line.split(' ')[0] || []);
  }

  /** Returns the pids of processes of plugins that are left. */
  async pluginProcesses(): Promise<number[]> {
    const log = await readFile(join(this.at.directory, 'calls'), 'utf8');
    const value = log.split(' ')[1] ?? '';
    const marks = { marker: { name: 'CNI_CONTAINERID', value }, first: { pid: 0, start: 0 }, ownsSession: false };
    return (await findMarkedProcesses(marks)).map(({ pid }) => pid);
  }

  kill(id: string): void {
    this.at.master.send(KillTaskMessage, { framework_id: { value: frameworkId }, task_id: { value: id } });
  }

  /** Runs a command in networks. */
  command(id: string, value: string, networks: NetworkInfo[], more: Partial<TaskInfo> = {}): void {
    this.at.master.command(id, value, { container: { type: 'MESOS', network_infos: networks }, ...more });
  }

  /** Runs a command until it has ended. @returns the final state, and what it wrote. */
  async output(id: string, value: string, networks: NetworkInfo[], more: Partial<TaskInfo> = {}): Promise<string> {
    const file = join(this.at.directory, `${id}.out`);
    this.command(id, `{ ${value}; } >${file} 2>&1`, networks, more);
    await this.at.master.until(id, 'TASK_FINISHED');
    return readFile(file, 'utf8');
  }

  /** Returns the addresses in the status of a running task. */
  async addresses(id: string): Promise<string[]> {
    const { status } = await this.at.master.until(id, 'TASK_RUNNING');
    const infos = status.container_status?.network_infos ?? [];
    return infos.flatMap(({ ip_addresses = [] }) => ip_addresses.map(({ ip_address = '' }) => ip_address));
  }

  /** Waits until the agent has undone everything: no record, no address in use, no interface besides bridges. */
  async untilNothingIsLeft(): Promise<void> {
    await eventually('no record of a network', async () => {
      return (await readdir(this.records).catch(() => [])).length === 0;
    });
    const leases = await readdir(this.leases, { recursive: true });
    const addresses = leases.filter(path => /\/\d+\.\d+\.\d+\.\d+$/.test(`/${path}`));
    if (addresses.length > 0) throw new Error(`Addresses are in use: ${addresses.join(', ')}`);
    // The kernel removes those of a namespace some time after its last process has ended.
    let interfaces: string[] = [];
    await eventually(
      () => `no interface to be left; there are ${interfaces.join(', ')}`,
      async () => {
        interfaces = (await run('ip', '-br', 'link')).split('\n').filter(line => /^(veth|ifb|bwp)/.test(line));
        return interfaces.length === 0;
      },
    );
    const mounts = await readFile('/proc/self/mountinfo', 'utf8');
    if (mounts.includes(this.at.directory)) throw new Error(`Mounts are left: ${mounts}`);
  }

  /** Namespaces of containers that were not detached are still kept. */
  async #unmount(): Promise<void> {
    const points = (await readFile('/proc/self/mountinfo', 'utf8')).split('\n').map(line => line.split(' ')[4] ?? '');
    for (const point of points) if (point.startsWith(`${this.at.directory}/`)) await run('umount', '--lazy', point);
  }

  async #removeCgroups(): Promise<void> {
    const top = '/sys/fs/cgroup';
    const roots = [top, ...(await readdir(top)).map(name => join(top, name))].map(path => join(path, this.#root));
    for (const root of roots) {
      for (const name of await readdir(root).catch(() => [])) await rmdir(join(root, name)).catch(() => undefined);
      await rmdir(root).catch(() => undefined);
    }
  }
}
