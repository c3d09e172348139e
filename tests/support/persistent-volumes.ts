/** A cluster with a framework that makes persistent volumes, and tasks that use them. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { TestContext } from 'node:test';
import type { Offer, Resource, TaskInfo, TaskStatus } from '@meseta/protocol';
import { eventually } from '@meseta/system/testing';
import { CgroupsRoot } from './cgroups.ts';
import { Cluster } from './cluster.ts';
import type { Flags } from './daemon.ts';
import { type Framework, scalars, shellTask, taskOn } from './framework.ts';
import { sandboxOf } from './task-scene.ts';

/** A volume of a task: its id, and how the task sees it. */
export interface TaskVolume {
  readonly id: string;
  readonly at: string;
  readonly mode?: 'RW' | 'RO';
  readonly shared?: boolean;
}

const volumesRole = 'r';

/** See the top of this file. */
export class VolumeScene {
  readonly cluster: Cluster;
  readonly framework: Framework;
  readonly cgroups: CgroupsRoot;

  private constructor(cluster: Cluster, framework: Framework, cgroups: CgroupsRoot) {
    this.cluster = cluster;
    this.framework = framework;
    this.cgroups = cgroups;
  }

  /** @param flags of the agent. */
  static async start(t: TestContext, flags: Flags = {}): Promise<VolumeScene> {
    const cgroups = new CgroupsRoot(t);
    const resources = `cpus:4;mem:4096;disk(${volumesRole}):2048`;
    const cluster = await Cluster.start(t, { agents: [{ resources, cgroups_root: cgroups.name, ...flags }] });
    const capabilities = ['MULTI_ROLE', 'PARTITION_AWARE', 'TASK_KILLING_STATE', 'SHARED_RESOURCES'] as const;
    const framework = await cluster.framework({
      roles: [volumesRole],
      capabilities: capabilities.map(type => ({ type })),
    });
    return new VolumeScene(cluster, framework, cgroups);
  }

  /** The directory of a volume. */
  directory(id: string): string {
    return path.join(this.cluster.directory, 'agent-1/volumes/roles', volumesRole, id);
  }

  /** Makes volumes that tasks can use from then on. */
  async create(...ids: readonly (string | { readonly id: string; readonly shared: true })[]): Promise<void> {
    for (const each of ids) {
      const { id, shared } = typeof each === 'string' ? { id: each, shared: undefined } : each;
      const offer = await this.framework.offer(offered => freeDisk(offered) !== undefined);
      const disk = { persistence: { id }, volume: { mode: 'RW' as const, container_path: 'data' } };
      const volume: Resource = { ...freeDisk(offer)!, scalar: { value: 64 }, disk, ...(shared && { shared: {} }) };
      await this.framework.accept([offer], [{ type: 'CREATE', create: { volumes: [volume] } }]);
      await eventually(`volume ${id}`, () => existsSync(this.directory(id)));
    }
  }

  /** Launches a task with volumes; one without a command or executor runs a shell line. */
  async launch(id: string, volumes: readonly TaskVolume[], task: Partial<TaskInfo>): Promise<void> {
    const fits = (offer: Offer) => volumes.every(each => volumeIn(offer, each.id) !== undefined) && hasRoom(offer);
    const offer = await eventually('an offer with the volumes', async () => {
      const found = this.framework.offers.values().find(fits);
      if (!found && this.framework.offers.size > 0)
        await this.framework.accept([...this.framework.offers.values()], []);
      return found;
    });
    const own = volumes.map((each): Resource => {
      const offered = volumeIn(offer, each.id)!;
      const volume = { mode: each.mode ?? 'RW', container_path: each.at };
      return { ...offered, disk: { ...offered.disk, volume } };
    });
    const resources = [...scalars(offer, { cpus: 0.1, mem: 32 }), ...own];
    const task_infos = [taskOn(offer, { ...task, task_id: { value: id }, resources })];
    await this.framework.accept([offer], [{ type: 'LAUNCH', launch: { task_infos } }]);
  }

  /** Runs a shell line with volumes to its end. @returns its last status, and its output. */
  async run(
    id: string,
    volumes: readonly TaskVolume[],
    line: string,
    more: Partial<TaskInfo> = {},
  ): Promise<{ status: TaskStatus; output: string }> {
    await this.launch(id, volumes, shellTask(id, line, more));
    const status = await this.framework.end(id);
    const stdout = path.join(sandboxOf(this.cluster, id), 'stdout');
    return { status, output: existsSync(stdout) ? readFileSync(stdout, 'utf8') : '' };
  }

  /** The sandbox of an executor or a command task. */
  sandbox(id: string): string {
    return sandboxOf(this.cluster, id);
  }
}

const freeDisk = ({ resources = [] }: Offer) =>
  resources.find(({ name, disk }) => name === 'disk' && !disk?.persistence);
const volumeIn = ({ resources = [] }: Offer, id: string) => resources.find(({ disk }) => disk?.persistence?.id === id);
const hasRoom = ({ resources = [] }: Offer) =>
  ['cpus', 'mem'].every(name => resources.some(each => each.name === name && (each.scalar?.value ?? 0) >= 32 / 100));
