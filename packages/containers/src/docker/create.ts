import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '@meseta/system';
import { replaceFile } from '@meseta/system/replace-file';
import type { Logger, Metrics } from '@meseta/telemetry';
import type { Fetcher } from '../fetcher/fetcher.ts';
import type { LoggerSettings } from '../mesos/logs/logger-settings.ts';
import { dockerAccounts } from '../mesos/provisioner/docker/docker-config.ts';
import { DockerContainerizer } from './containerizer.ts';
import { type EngineFlags, engineEndpoint } from './engine/endpoint.ts';
import { createDockerEngine } from './engine/engine-client.ts';
import { EngineError } from './engine/error.ts';
import { DockerImages } from './images.ts';
import type { DockerFlags } from './launcher.ts';
import { DockerLogs } from './output/docker-logs.ts';
import { DockerStore } from './store.ts';

/** The agent's flags that the Docker containerizer reads, by their names on the command line. */
export interface DockerContainerizerFlags extends DockerFlags, EngineFlags {
  readonly docker_config?: Record<string, unknown> | undefined;
}

/** What the Docker containerizer needs of the agent. */
export interface DockerContainerizerParts {
  readonly flags: DockerContainerizerFlags;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
}

/** How long the start of the agent waits for an engine that takes connections and does not answer. */
const longestVersionMs = 5000;

/**
 * Creates the containerizer of `--containerizers=docker`. An engine that is only away is waited for; one that can never serve this
 * agent is not.
 *
 * @param fetcher is closed by the containerizer.
 * @param logger takes the output of containers; undefined: the files of their sandboxes.
 * @throws {EngineSettingsError} {EngineError} {ImageError} the agent must not start.
 */
export async function createDockerContainerizer(
  { flags, clock, log, metrics }: DockerContainerizerParts,
  fetcher: Fetcher,
  logger: LoggerSettings | undefined,
): Promise<DockerContainerizer> {
  const accounts = dockerAccounts(flags.docker_config ?? { auths: {} });
  const engine = createDockerEngine(engineEndpoint(flags, process.env));
  try {
    const { version, apiVersion } = await engine.version({ timeoutMs: longestVersionMs });
    log.info('Using a Docker engine', { engine: engine.endpoint, version, api: apiVersion });
  } catch (error) {
    if (!(error instanceof EngineError && error.isAway)) {
      await engine.close();
      throw error;
    }
    log.error('The Docker engine does not answer yet', { error, engine: engine.endpoint });
  }
  return new DockerContainerizer({
    ...{ engine, fetcher, flags, clock, log, metrics },
    nameCase: flags.docker_container_name_case === 'lower' ? 'lower' : 'preserve',
    store: new DockerStore(flags.runtime_dir, log),
    logs: new DockerLogs({ runtimeDirectory: flags.runtime_dir, settings: logger, log }),
    images: new DockerImages({ engine, log, accounts }),
    identity: await identityOf(flags.work_dir),
  });
}

/** Returns what identifies a work directory: a text in a file of it, which is made when it is missing. */
async function identityOf(workDirectory: string): Promise<string> {
  const path = join(workDirectory, 'docker-identity');
  const known = await readFile(path, 'utf8').catch(() => ''); // there is none, or it cannot be used
  if (/^[\da-f-]{36}$/.test(known)) return known;
  const made = randomUUID();
  await replaceFile(path, made, { durable: true });
  return made;
}
