/** From what a framework asks for to what the engine is asked for. */
import type { ContainerConfig, ContainerDNSInfo, EnvironmentVariable, ValueScalar } from '@meseta/protocol';
import type { Environment } from '../../environment.ts';
import { commandOf } from './command.ts';
import type { ContainerBody } from './container-body.ts';
import { environmentOf } from './environment.ts';
import { hostVolumesOf, refuseHostVolumes } from './host-volumes.ts';
import { networkPlan } from './network.ts';
import { applyParameters } from './parameters.ts';
import { planError } from './plan-error.ts';
import { privilegesOf } from './privileges.ts';
import { amountOf, engineResources, type Granted } from './resources.ts';
import { volumePlan } from './volumes.ts';

/** The agent's flags that plans depend on, by their names on the command line. */
export interface PlanFlags {
  readonly work_dir: string;
  readonly sandbox_directory: string;
  readonly cgroups_enable_cfs?: boolean;
  /** A `HostVolumes`. */
  readonly docker_volumes?: string | undefined;
  readonly default_container_dns?: ContainerDNSInfo | undefined;
}

/** A container to plan. */
export interface PlannedContainer {
  /** Its name in the engine. */
  readonly name: string;
  /** By which the agent knows its own containers. */
  readonly labels: Readonly<Record<string, string>>;
  readonly config: ContainerConfig;
  readonly environment: Environment;
  /** Of hooks: they come after those of the command. */
  readonly decoration?: readonly EnvironmentVariable[];
  /** Those that come after all others. */
  readonly variables: readonly EnvironmentVariable[];
}

/** Where the registry says none, an image has this tag. */
const defaultTag = 'latest';

/**
 * Plans a container.
 *
 * @throws {LaunchError} `INVALID`, or `REFUSED` where only this agent does not allow it; naming what is wrong and what is allowed.
 * @see Mesos src/docker/docker.cpp, Docker::RunOptions::create
 */
export function planContainer(container: PlannedContainer, flags: PlanFlags): ContainerBody {
  const { name, labels, config, environment, decoration = [], variables } = container;
  const { command_info: command, container_info: info, task_info: task, directory: sandbox } = config;
  const { docker, volumes = [] } = info ?? {};
  if (info === undefined || docker === undefined) throw planError("The container has no 'docker'");
  if (docker.image.trim() === '') throw planError("The container has no 'docker.image'");
  const hostVolumes = hostVolumesOf(flags.docker_volumes);
  const mappedSandbox = hostVolumes === 'all' ? flags.sandbox_directory : undefined;
  const granted = grantedTo(config);
  const { resources } = granted;
  if (hostVolumes === 'none') refuseHostVolumes(info, resources);
  if ((amountOf(resources, 'gpus') ?? 0) > 0)
    throw planError('Docker containers cannot have GPUs of the agent; take the containerizer mesos');
  const network = networkPlan(info, resources, flags.default_container_dns);
  const { binds, mounts, driver } = volumePlan(
    volumes,
    resources,
    { sandbox, mappedSandbox, workDirectory: flags.work_dir },
    docker.volume_driver,
  );
  const size = info.tty_info?.window_size;
  const own = [...(command.environment?.variables ?? []), ...decoration, ...variables];
  const body: ContainerBody = {
    Image: docker.image,
    ...{ AttachStdout: true, AttachStderr: true },
    ...(info.tty_info && { Tty: true, OpenStdin: true }),
    Env: environmentOf({ name, mappedSandbox, executor: environment, isTask: task !== undefined, variables: own }),
    ...commandOf(command),
    ...network.more,
    Labels: {},
    HostConfig: {
      Binds: binds,
      ...(mounts.length > 0 && { Mounts: mounts }),
      ...network.host,
      ...engineResources(granted, flags.cgroups_enable_cfs ?? false),
      ...privilegesOf(info),
      Privileged: docker.privileged ?? false,
      ...(size && { ConsoleSize: [size.rows, size.columns] }),
      ...(driver !== undefined && { VolumeDriver: driver }),
    },
  };
  applyParameters(body, docker.parameters ?? []);
  Object.assign(body.Labels, labels); // none of the framework's may take their place
  return body;
}

/**
 * Returns what a container has. That of a command task has what its task has: its executor, which adds to that elsewhere, is not
 * in the container.
 */
export function grantedTo({ task_info: task, resources = [], limits = {} }: ContainerConfig): Granted {
  const given = task === undefined ? limits : (task.limits ?? {});
  const values = Object.entries<ValueScalar>(given).map(([name, { value }]) => [name, value] as const);
  return { resources: (task === undefined ? resources : task.resources) ?? [], limits: Object.fromEntries(values) };
}

/**
 * Returns the image with its tag: an engine that is to pull one without would pull all of them.
 *
 * @param image as `name`, `name:tag` or `name@digest`, where the name may begin with a registry and its port.
 */
export function taggedImage(image: string): string {
  const last = image.slice(image.lastIndexOf('/') + 1);
  return /[:@]/.test(last) ? image : `${image}:${defaultTag}`;
}
