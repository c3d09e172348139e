/** Tasks in a real Docker engine, on an agent of their own. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { TestContext } from 'node:test';
import { busybox, type TestEngine } from '@meseta/containers/testing/docker';
import type { ContainerInfo, TaskInfo, Volume } from '@meseta/protocol';
import { Cluster, type ClusterOptions } from './cluster.ts';
import type { Flags } from './daemon.ts';
import type { Framework } from './framework.ts';
import { sandboxOf } from './task-scene.ts';

/** A cluster with one agent that runs containers in an engine. */
export interface DockerScene {
  readonly cluster: Cluster;
  readonly framework: Framework;
  readonly engine: TestEngine;
}

/** Starts a cluster whose agent uses an engine. What it leaves in the engine is removed after the test. */
export async function dockerScene(
  t: TestContext,
  engine: TestEngine,
  flags: Flags = {},
  options: Pick<ClusterOptions, 'agentsBy'> = {},
): Promise<DockerScene> {
  t.after(() => engine.empty());
  const agent = { containerizers: 'docker,mesos', docker_host: engine.host, docker_remove_delay: '0', ...flags };
  const cluster = await Cluster.start(t, { agents: [agent], ...options });
  return { cluster, framework: await cluster.framework(), engine };
}

/** A Docker container, as a field of a task. */
export function inDocker(
  docker: Partial<ContainerInfo['docker']> = {},
  more: Partial<ContainerInfo> = {},
): Pick<TaskInfo, 'container'> {
  return { container: { type: 'DOCKER', docker: { image: busybox, network: 'NONE', ...docker }, ...more } };
}

const root = path.resolve(import.meta.dirname, '../..');

/** Returns what Node.js and an executor of ours need of the machine. */
export function machineVolumes(): Volume[] {
  const paths = ['/usr', '/lib', '/lib64', root, path.dirname(process.execPath)].filter(existsSync);
  return [...new Set(paths)].map(each => ({ host_path: each, container_path: each, mode: 'RO' }));
}

/** Returns what a task has written to a file of its sandbox; empty when there is none. */
export function written(cluster: Cluster, task: string, file = 'stdout'): string {
  const found = path.join(sandboxOf(cluster, task), file);
  return existsSync(found) ? readFileSync(found, 'utf8') : '';
}

/** Returns the names of the engine's containers. */
export async function containersOf({ client }: TestEngine): Promise<string[]> {
  return (await client.containers.list({ all: true })).map(({ name }) => name);
}

/** Runs a program in the network of the engine. */
export function inNetworkOf({ inNetwork }: TestEngine, ...argv: readonly string[]): string {
  const [program = '', ...args] = [...inNetwork, ...argv];
  return execFileSync(program, args, { encoding: 'utf8' });
}
