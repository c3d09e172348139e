/** Operations on the agent's resources: reservations and persistent volumes. */
import { readdir, realpath } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { isVolume, isWholeDisk, removeDirectories, volumePath } from '@meseta/containers';
import {
  type AcknowledgeOperationStatusMessage,
  type AgentId,
  type ApplyOperationMessage,
  type CheckpointResourcesMessage,
  InvalidIdError,
  newUuid,
  type Operation,
  type OperationStatus,
  type ReconcileOperationsMessage,
  Resource,
  ResourceState,
  UpdateOperationStatusMessage,
} from '@meseta/protocol';
import {
  applyCheckpointed,
  applyConversions,
  conversionsOf,
  InvalidOperationError,
  Resources,
} from '@meseta/resources';
import type { AgentContext, RegisteredContext } from './context.ts';
import { encodeLengthPrefixed } from './disk/records.ts';
import { finishDraining } from './draining.ts';
import { slices } from './gc/garbage.ts';

/** Between repetitions of a status that has to be acknowledged: from 10 s, doubled each time, to 10 min. */
const retryMs = { first: 10_000, longest: 600_000 };
/** How many entries of a disk are removed by one process, whose command line has a limit. */
const removedAtOnce = 1000;

/**
 * Applies operations one after another. Each is stored on disk, and its volumes are created or removed, before the
 * master is notified. Statuses of operations with an id are repeated until they are acknowledged.
 */
export class Operations {
  readonly #context: AgentContext;
  readonly #configured: Resources;
  readonly #retries = new Map<string, () => void>();
  #last: Promise<void> = Promise.resolve();

  /** @param configured the agent's resources without dynamic reservations and volumes. */
  constructor(context: AgentContext, configured: Resources) {
    this.#context = context;
    this.#configured = configured;
    context.agent.observe({ registered: () => this.#resume() });
  }

  /** The older message: the master sends all reservations and volumes together. */
  checkpointResources({ resources = [] }: CheckpointResourcesMessage): void {
    const { agent, log } = this.#context;
    try {
      const total = applyCheckpointed(this.#configured, resources);
      this.#change(total, Resources.of(resources)).catch(error => this.#context.abort(error));
    } catch (error) {
      if (!(error instanceof InvalidOperationError)) throw error;
      log.error('Ignored resources to checkpoint that the agent does not have', { error, agent_id: agent.id });
    }
  }

  /** Applies an operation, and reports the result to the master. */
  apply({ agent, log, paths }: RegisteredContext, message: ApplyOperationMessage): void {
    const { operation_info: info, operation_uuid: uuid, framework_id, resource_version_uuid: version } = message;
    if (version.resource_provider_id || version.uuid.value !== agent.resourceVersion) {
      const text = version.resource_provider_id ? 'Unknown resource provider' : 'Mismatched resource version';
      return this.#report(agent.id, message, { state: 'OPERATION_DROPPED', message: text });
    }
    try {
      const total = applyConversions(agent.totalResources, withoutAllocation(conversionsOf(info)));
      const checkpointed = total.filter(kind => kind.isDynamicallyReserved || kind.isPersistentVolume);
      volumePaths(paths.workDirectory, checkpointed); // throws for ids that cannot be directories
      log.info('Applying operation', { operation: info.type, framework_id: framework_id?.value, uuid: uuid.value });
      this.#report(agent.id, message, { state: 'OPERATION_FINISHED' }, () => this.#change(total, checkpointed));
    } catch (error) {
      if (!(error instanceof InvalidOperationError || error instanceof InvalidIdError)) throw error;
      this.#report(agent.id, message, { state: 'OPERATION_DROPPED', message: error.message });
    }
  }

  /** Handles the acknowledgement of an operation's status. */
  acknowledge(context: RegisteredContext, { operation_uuid, status_uuid }: AcknowledgeOperationStatusMessage): void {
    const { agent } = context;
    const operation = agent.operations.get(operation_uuid.value);
    if (operation?.latest_status.uuid?.value !== status_uuid.value) return;
    this.#retries.get(operation_uuid.value)?.();
    this.#retries.delete(operation_uuid.value);
    agent.operations.delete(operation_uuid.value);
    this.#change(agent.totalResources, agent.checkpointedResources).catch(error => this.#context.abort(error));
    finishDraining(context);
  }

  /** The master asks for operations that the agent did not list: they never came. */
  reconcile({ agent, messages }: RegisteredContext, { operations = [] }: ReconcileOperationsMessage): void {
    for (const { operation_uuid, resource_provider_id, operation_id } of operations) {
      if (!operation_uuid || resource_provider_id || agent.operations.has(operation_uuid.value)) continue;
      const agent_id = { value: agent.id };
      const status: OperationStatus = {
        state: 'OPERATION_DROPPED',
        agent_id,
        ...(operation_id ? { operation_id, uuid: { value: newUuid() } } : {}),
      };
      messages.sendToMaster(UpdateOperationStatusMessage, { agent_id, status, operation_uuid });
    }
  }

  /** Stops repeating. */
  close(): void {
    for (const cancel of this.#retries.values()) cancel();
    this.#retries.clear();
  }

  /** State changes at once, so that a task in the same breath finds what it needs; the disk follows in order. */
  #change(total: Resources, checkpointed: Resources): Promise<void> {
    const { agent, disk, paths, volumeGids } = this.#context;
    const before = volumePaths(paths.workDirectory, agent.checkpointedResources);
    const after = volumePaths(paths.workDirectory, checkpointed);
    const gone = [...before].filter(([path]) => !after.has(path));
    const made = [...after.keys()].filter(path => !before.has(path));
    agent.totalResources = total;
    agent.checkpointedResources = checkpointed;
    const resources = checkpointed.toArray();
    const state = encodeLengthPrefixed(ResourceState, { operations: [...agent.operations.values()], resources });
    const info = Buffer.concat(resources.map(resource => encodeLengthPrefixed(Resource, resource)));
    this.#last = this.#last.then(async () => {
      // Volumes are made before they are known, and forgotten before they are removed: a crash leaves an empty
      // directory at worst.
      await disk.perform([
        ...made.map(path => ({ type: 'mkdir' as const, path, leadsToSandbox: true as const, mode: 0o755 })),
        { type: 'mkdir', path: paths.resources },
        { type: 'replace', path: paths.resourcesInfo, data: info, sync: true },
        { type: 'replace', path: paths.resourceState, data: state, sync: true },
      ]);
      for (const [path, volume] of gone) {
        await this.#remove(path, volume);
        await volumeGids?.forget(path);
      }
    });
    return this.#last;
  }

  /**
   * Removes the directory of a volume, or what is in it where that is a whole disk. By another process, because nothing is written
   * down meanwhile where the agent's own thread does it, and a task may have mounted or marked something there. What cannot be removed
   * is logged: the volume is gone.
   */
  async #remove(path: string, volume: Resource): Promise<void> {
    const failed = (error: unknown) =>
      this.#context.log.error('Failed to remove files of a volume that was destroyed: remove them', { path, error });
    try {
      const [parent, names] = isWholeDisk(volume)
        ? [await realpath(path), await readdir(path)]
        : [dirname(path), [basename(path)]];
      for (const some of slices(names, removedAtOnce)) {
        for (const { error } of await removeDirectories(parent, some)) failed(error);
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') failed(error);
    }
  }

  /**
   * Tells the master how an operation ended.
   *
   * @param change what it changes; by default nothing, and still a status that has to be acknowledged is written down.
   */
  #report(
    agentId: AgentId,
    { operation_info: info, operation_uuid, framework_id }: ApplyOperationMessage,
    result: OperationStatus,
    change = () => this.#change(this.#context.agent.totalResources, this.#context.agent.checkpointedResources),
  ): void {
    const { agent, abort } = this.#context;
    const agent_id = { value: agentId };
    const feedback = info.id ? { operation_id: info.id, uuid: { value: newUuid() } } : {};
    const status: OperationStatus = { ...result, ...feedback, agent_id };
    const operation: Operation = {
      ...(framework_id ? { framework_id } : {}),
      agent_id,
      info,
      latest_status: status,
      statuses: [status],
      uuid: operation_uuid,
    };
    if (info.id) agent.operations.set(operation_uuid.value, operation);
    const written = info.id || result.state === 'OPERATION_FINISHED' ? change() : Promise.resolve();
    written.then(() => (info.id ? this.#repeat(operation, retryMs.first) : this.#send(operation)), abort);
  }

  /** Called after a registration: repeats all unacknowledged statuses soon. */
  #resume(): void {
    for (const operation of this.#context.agent.operations.values()) this.#repeat(operation, retryMs.first);
  }

  #repeat(operation: Operation, waitMs: number): void {
    const uuid = operation.uuid?.value ?? '';
    const { agent, clock } = this.#context;
    if (agent.operations.get(uuid) !== operation) return; // acknowledged while it was written down
    this.#retries.get(uuid)?.();
    this.#send(operation);
    const again = () => this.#repeat(operation, Math.min(waitMs * 2, retryMs.longest));
    this.#retries.set(uuid, clock.after(waitMs, again));
  }

  #send({ framework_id, agent_id, latest_status, uuid }: Operation): void {
    this.#context.messages.sendToMaster(UpdateOperationStatusMessage, {
      ...(framework_id ? { framework_id } : {}),
      ...(agent_id ? { agent_id } : {}),
      status: latest_status,
      latest_status,
      operation_uuid: uuid ?? { value: '' },
    });
  }
}

/** Removes the allocation role: the agent's resources are not allocated, those of operations are. */
function withoutAllocation(conversions: ReturnType<typeof conversionsOf>): ReturnType<typeof conversionsOf> {
  return conversions.map(({ consumed, converted, gone }) => ({
    consumed: consumed.unallocate(),
    converted: converted.unallocate(),
    ...(gone ? { gone: gone.unallocate() } : {}),
  }));
}

/** Returns the volumes among resources, by their directories. */
function volumePaths(workDirectory: string, resources: Resources): Map<string, Resource> {
  const volumes = resources.toArray().filter(isVolume);
  return new Map(volumes.map(volume => [volumePath(workDirectory, volume), volume]));
}
