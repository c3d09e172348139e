import { once } from 'node:events';
import { access } from 'node:fs/promises';
import type {
  ContainerConfig,
  ContainerID,
  ContainerLimitation,
  ContainerState,
  ContainerStatus,
  Resource,
  ResourceStatistics,
} from '@meseta/protocol';
import { type ContainerId, type ContainerKey, containerKey } from '../../../container-id.ts';
import type { ResourceLimits } from '../../../resource-limits.ts';
import type { LaunchPart } from '../../launch-plan.ts';
import type { Isolator } from '../isolator.ts';
import type { IsolatorParts } from '../isolator-parts.ts';
import { type Json, mergeMessages } from '../merge-messages.ts';
import {
  type Controller,
  type ControllerParts,
  type Group,
  type MakeControllers,
  requestOf,
  unless,
} from './controller.ts';
import { OomWatch } from './oom-watch.ts';

/**
 * Makes an isolator of controllers. A container gets a group in each of their hierarchies, made by its launch with all its
 * settings before a process is in it, and removed by the launcher. A nested container shares those of the container it is
 * in, unless it says `share_cgroups: false`.
 *
 * @throws {CgroupError} the machine lacks a controller, or the agent may not use it.
 * @see Mesos src/slave/containerizer/mesos/isolators/cgroups/cgroups.cpp
 */
export async function cgroupIsolator(
  name: string,
  parts: IsolatorParts,
  makers: readonly MakeControllers[],
): Promise<Isolator> {
  const { cgroups } = parts;
  if (cgroups === undefined) throw new Error(`The isolator ${name} needs the linux launcher`);
  const controllers: Controller[] = [];
  try {
    for (const make of makers) controllers.push(...(await make({ ...parts, cgroups })));
    for (const hierarchy of new Set(controllers.map(each => each.hierarchy))) await cgroups.prepare(hierarchy);
  } catch (error) {
    for (const controller of controllers) await controller.close?.();
    throw error;
  }
  return new CgroupIsolator(name, { ...parts, cgroups }, controllers);
}

/** An isolator of any controllers. See {@link cgroupIsolator}. */
class CgroupIsolator implements Isolator {
  readonly name: string;
  readonly supportsNesting = true;
  readonly supportsStandalone = true;
  readonly #parts: ControllerParts;
  readonly #controllers: readonly Controller[];
  readonly #oom: OomWatch | undefined;
  /** The controllers of each container that has groups of its own. */
  readonly #containers = new Map<ContainerKey, readonly Controller[]>();

  constructor(name: string, parts: ControllerParts, controllers: readonly Controller[]) {
    this.name = name;
    this.#parts = parts;
    this.#controllers = controllers;
    this.#oom = controllers.some(({ limitation }) => limitation) ? new OomWatch(parts) : undefined;
  }

  async recover(states: readonly ContainerState[]): Promise<void> {
    await Promise.all(
      states.map(async ({ container_id, container_info }) => {
        // With version 2 it has one all the same, by which it is found.
        if (container_id.parent && container_info?.linux_info?.share_cgroups !== false) return;
        const key = keyOf(container_id);
        const found = await Promise.all(this.#controllers.map(controller => isThere(this.#group(controller, key))));
        // A container of an agent without this isolator has no group, or not all of them.
        const controllers = this.#controllers.filter((_, index) => found[index]);
        if (controllers.length > 0) this.#containers.set(key, controllers);
        for (const controller of controllers) await controller.recover?.(this.#group(controller, key));
      }),
    );
  }

  async prepare(id: ContainerID, config: ContainerConfig): Promise<LaunchPart | undefined> {
    if (id.parent && config.container_info?.linux_info?.share_cgroups !== false) return undefined;
    const { cgroups } = this.#parts;
    const key = keyOf(id);
    const request = requestOf(config);
    this.#containers.set(key, this.#controllers);
    let part: LaunchPart = {};
    for (const controller of this.#controllers) {
      await cgroups.prepareAgain(controller.hierarchy);
      if (id.parent) await cgroups.delegateNested(controller.hierarchy, keyOf(id.parent));
      const group = this.#group(controller, key);
      const settings = (await controller.settings?.(request, group)) ?? [];
      const parts = [{ cgroups: [{ path: group.path, settings }] }, controller.launchPart?.(request, config) ?? {}];
      for (const each of parts) part = mergeMessages(part as Json, each as Json) as LaunchPart;
    }
    return part;
  }

  async isolate(id: ContainerID): Promise<void> {
    await this.#each(id, async (controller, group) => controller.begin?.(group));
  }

  async update(id: ContainerID, resources: readonly Resource[], limits: ResourceLimits = {}): Promise<void> {
    await this.#each(id, (controller, group) => controller.update?.({ resources, limits }, group));
  }

  async usage(id: ContainerID): Promise<ResourceStatistics> {
    // A group of a container that has just ended is not there any more.
    const used = await this.#each(id, (controller, group) =>
      controller.usage?.(group).catch(unless('ENOENT', 'ENODEV')),
    );
    return merge({ timestamp: this.#parts.clock.now() / 1000 }, used);
  }

  async status(id: ContainerID): Promise<ContainerStatus> {
    if (id.parent && !this.#containers.has(keyOf(id))) return this.status(id.parent); // its groups are those of its parent
    return merge({}, await this.#each(id, async (controller, group) => controller.status?.(group)));
  }

  async watch(id: ContainerID, signal: AbortSignal): Promise<ContainerLimitation | undefined> {
    if (this.#oom && this.#containers.has(keyOf(id))) return this.#oom.watch(() => this.limitation(id), signal);
    if (!signal.aborted) await once(signal, 'abort');
    return undefined;
  }

  async limitation(id: ContainerID): Promise<ContainerLimitation | undefined> {
    const found = await this.#each(id, (controller, group) => controller.limitation?.(group));
    return found.find(each => each !== undefined);
  }

  async cleanup(id: ContainerID): Promise<void> {
    await this.#each(id, async (controller, group) => controller.forget?.(group));
    this.#containers.delete(keyOf(id));
  }

  async close(): Promise<void> {
    this.#oom?.close();
    for (const controller of this.#controllers) await controller.close?.();
  }

  #each<T>(
    id: ContainerID,
    phase: (controller: Controller, group: Group) => Promise<T> | undefined,
  ): Promise<(T | undefined)[]> {
    const key = keyOf(id);
    const controllers = this.#containers.get(key) ?? [];
    return Promise.all(controllers.map(controller => phase(controller, this.#group(controller, key))));
  }

  #group({ hierarchy }: Controller, key: ContainerKey): Group {
    return { key, path: this.#parts.cgroups.path(hierarchy, key) };
  }
}

/** Ids of containers were checked when they came. */
const keyOf = (id: ContainerID): ContainerKey => containerKey(id as ContainerId);

function merge<T extends object>(first: T, answers: readonly (Partial<T> | undefined)[]): T {
  const known = answers.filter(answer => answer !== undefined);
  return known.reduce<Json>((merged, answer) => mergeMessages(merged, answer as Json), first as Json) as T;
}

function isThere({ path }: Group): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
