/** The steps of a launch in the engine. */
import type { Clock } from '@meseta/system';
import type { Logger, Metrics } from '@meseta/telemetry';
import type { ContainerLaunch, LaunchOptions } from '../containerizer.ts';
import { LaunchError } from '../errors.ts';
import type { Fetcher } from '../fetcher/fetcher.ts';
import { openSandbox } from '../sandboxes.ts';
import { needImage } from './container-image.ts';
import type { NameCase } from './container-name.ts';
import type { DockerContainer } from './docker-container.ts';
import type { ContainerInspect } from './engine/answers.ts';
import type { DockerEngine } from './engine/docker-engine.ts';
import { EngineError } from './engine/error.ts';
import type { DockerImages } from './images.ts';
import type { DockerLogs } from './output/docker-logs.ts';
import type { ContainerBody } from './plan/container-body.ts';
import type { PlanFlags } from './plan/container-plan.ts';
import type { DockerStore } from './store.ts';
import { wasStarted } from './termination.ts';

/** The agent's flags that the Docker containerizer reads, by their names on the command line. */
export interface DockerFlags extends PlanFlags {
  readonly runtime_dir: string;
  /** Milliseconds, as the next one. */
  readonly docker_remove_delay: number;
  readonly docker_stop_timeout: number;
  readonly docker_kill_orphans: boolean;
  readonly docker_remove_on_abort?: boolean;
  /** Default: true. */
  readonly docker_host_local?: boolean;
  /** A {@link NameCase}. */
  readonly docker_container_name_case?: string | undefined;
}

/** The parts of a Docker containerizer. It closes the engine's client, the loggers and the fetcher. */
export interface DockerParts {
  readonly engine: DockerEngine;
  readonly store: DockerStore;
  readonly logs: DockerLogs;
  readonly fetcher: Fetcher;
  readonly images: DockerImages;
  /** Identifies the agent's work directory. */
  readonly identity: string;
  readonly flags: DockerFlags;
  readonly nameCase: NameCase;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
}

/** What a launch in the engine calls. */
export interface LaunchInEngineOptions extends LaunchOptions {
  /** Called when the engine has made the container, before its start. */
  readonly made: () => Promise<void>;
}

/**
 * Fetches, pulls, creates and starts a container. When it fails, the container may be there, not started.
 *
 * @returns what the engine says of it after its start: it may have ended.
 * @throws {LaunchError} with the reason.
 */
export async function launchInEngine(
  parts: DockerParts,
  container: DockerContainer,
  body: ContainerBody,
  { config }: ContainerLaunch,
  options: LaunchInEngineOptions,
): Promise<ContainerInspect> {
  const { engine, log } = parts;
  const { key, name, over } = container;
  const { signal } = over;
  try {
    await fetchInto(parts, container, config);
    await options.fetched?.();
    container.mustBeWanted();
    container.foreign = await needImage(parts, container, body.Image, config);
    if (container.foreign) log.warning('A Docker image may not run', { problem: container.foreign, container_id: key });
    container.enter('MOUNTING');
    container.mayAppear = true;
    const { id, warnings } = await engine.containers.create(name, body, { signal });
    container.mayAppear = false;
    container.engineId = id;
    for (const warning of warnings) log.warning('The Docker engine warns', { warning, container_id: key });
    container.mustBeWanted();
    await checkpoint(options);
    container.mustBeWanted();
    await options.made();
    const inspected = await start(engine, container, id);
    const { window_size: size } = config.container_info?.tty_info ?? {};
    if (size) container.terminal?.resize(size.rows, size.columns); // for engines that ignore it in a creation
    container.started(inspected);
    return inspected;
  } catch (error) {
    if (error instanceof EngineError && error.isRefusal) container.mayAppear = false;
    if (signal.aborted && !(error instanceof LaunchError)) container.mustBeWanted();
    if (!(error instanceof EngineError)) throw error;
    throw new LaunchError('EXEC', error.message, { cause: error });
  }
}

async function fetchInto(
  { fetcher, metrics }: DockerParts,
  { id, key }: DockerContainer,
  { command_info: { uris = [] }, directory: sandbox, user }: ContainerLaunch['config'],
): Promise<void> {
  if (uris.length === 0) return;
  const open = (owner: Parameters<typeof openSandbox>[2]) => openSandbox(sandbox, id, owner);
  try {
    await fetcher.fetch(key, { uris, sandbox, open, ...(user !== undefined && { user }) });
    metrics.counter('containerizer/fetcher/task_fetches_succeeded').increment();
  } catch (error) {
    metrics.counter('containerizer/fetcher/task_fetches_failed').increment();
    throw error;
  }
}

/** Starts a container once: where the engine's answer was lost, it may run, or have ended. */
async function start(engine: DockerEngine, { name }: DockerContainer, id: string): Promise<ContainerInspect> {
  let failed: unknown;
  try {
    await engine.containers.start(id);
  } catch (error) {
    if (!(error instanceof EngineError && error.isAway)) throw error;
    failed = error;
  }
  const inspected = await engine.containers.inspect(id);
  if (inspected !== undefined && wasStarted(inspected.state)) return inspected;
  if (failed !== undefined) throw failed;
  throw new LaunchError('EXEC', `The container ${name} is not there any more: it was removed from the Docker engine`);
}

async function checkpoint({ checkpoint: write }: LaunchOptions): Promise<void> {
  try {
    await write?.(undefined);
  } catch (cause) {
    throw new LaunchError('CHECKPOINT', `The checkpoint failed: ${(cause as Error).message}`, { cause });
  }
}
