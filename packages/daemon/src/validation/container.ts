import type { ContainerInfo, Volume, VolumeSource } from '@meseta/protocol';
import { firstProblem, type Problem } from './problem.ts';

/** Returns what is wrong with the description of a container. @see Mesos src/common/validation.cpp, validateContainerInfo */
export function containerProblem(container: ContainerInfo): Problem {
  const problem = firstProblem(container.volumes, volumeProblem);
  if (problem !== undefined) return `Invalid volume: ${problem}`;
  if (container.type !== 'DOCKER') return undefined;
  if (container.docker === undefined) return "DockerInfo 'docker' is not set for DOCKER typed ContainerInfo";
  // The containerizer names containers itself and finds them by that name after a restart.
  const named = container.docker.parameters?.some(({ key }) => key === 'name');
  return named ? "Parameter in DockerInfo must not be 'name'" : undefined;
}

function volumeProblem({ host_path, image, source }: Volume): Problem {
  const origins = [host_path, image, source].filter(origin => origin !== undefined);
  if (origins.length !== 1) return "Only one of them should be set: 'host_path', 'image' and 'source'";
  return source && sourceProblem(source);
}

const partOf: Readonly<Record<string, [field: keyof VolumeSource, kind: string]>> = {
  DOCKER_VOLUME: ['docker_volume', 'DOCKER_VOLUME'],
  HOST_PATH: ['host_path', 'HOST_PATH'],
  SANDBOX_PATH: ['sandbox_path', 'SANDBOX_PATH'],
  SECRET: ['secret', 'SECRET'],
  CSI_VOLUME: ['csi_volume', 'CSI'],
};

function sourceProblem(source: VolumeSource): Problem {
  const part = partOf[source.type ?? 'UNKNOWN'];
  if (part === undefined) return "'source.type' is unknown";
  const [field, kind] = part;
  if (source[field] === undefined) return `'source.${field}' is not set for ${kind} volume`;
  if (source.type === 'CSI_VOLUME' && source.csi_volume?.static_provisioning === undefined) {
    return "'source.csi_volume.static_provisioning' is not set for CSI volume";
  }
  return undefined;
}

/** Tells whether a container asks for cgroups of its own; `undefined` when it does not say. */
export function sharesCgroups(container: ContainerInfo | undefined): boolean | undefined {
  return container?.linux_info?.share_cgroups;
}
