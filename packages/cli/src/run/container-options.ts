/** The options of `run` and `local` that say what surrounds a task. */
import { existsSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import type { ContainerInfo, ContainerInfoDockerInfoNetwork, NetworkInfo, TTYInfo, Volume } from '@meseta/protocol';
import { own } from '@meseta/protocol/own';
import { UsageError } from '../usage-error.ts';

/** Their values. */
export interface ContainerOptions {
  readonly isolation?: string | undefined;
  readonly volume?: readonly string[] | undefined;
  readonly image?: string | undefined;
  readonly 'docker-image'?: string | undefined;
  readonly network?: readonly string[] | undefined;
  readonly tty?: boolean | undefined;
}

/** How the options are shown and read. */
export const containerOptions = {
  isolation: {
    type: 'string',
    value: 'NAMES',
    help: 'Isolators of the temporary cluster, separated by commas, such as namespaces/pid,cgroups/mem',
  },
  volume: {
    type: 'string',
    short: 'v',
    multiple: true,
    value: 'HOST:PATH[:ro]',
    help: 'Show HOST at PATH; a relative HOST is a directory of the sandbox; again for more',
  },
  image: { type: 'string', value: 'IMAGE', help: 'Run in the root file system of a Docker image' },
  'docker-image': { type: 'string', value: 'IMAGE', help: 'Run in a container of a Docker engine' },
  network: {
    type: 'string',
    multiple: true,
    value: 'NAME',
    help: 'Join this CNI network; again for more. In a Docker container: host, bridge, none or one of its networks',
  },
  tty: { type: 'boolean', short: 't', help: "Give it a terminal, which 'meseta task attach' connects to" },
} as const;

/**
 * Makes the container of a task; undefined when no option asks for one.
 *
 * @param here the task will run on this machine, so that paths can be checked.
 * @throws {UsageError}
 */
export function containerOf(options: ContainerOptions, here: boolean): ContainerInfo | undefined {
  const volumes = (options.volume ?? []).map(text => readVolume(text, here));
  if (options['docker-image'] !== undefined) return dockerContainer(options, options['docker-image'], volumes);
  const networks = (options.network ?? []).map((name): NetworkInfo => ({ name: nonEmpty('network', name) }));
  const image = options.image === undefined ? undefined : nonEmpty('image', options.image);
  if (volumes.length === 0 && networks.length === 0 && image === undefined && !options.tty) return undefined;
  return {
    type: 'MESOS',
    ...(options.tty && { tty_info: terminalInfo() }),
    ...(volumes.length > 0 && { volumes }),
    ...(networks.length > 0 && { network_infos: networks }),
    ...(image !== undefined && { mesos: { image: { type: 'DOCKER', docker: { name: image } } } }),
  };
}

/** Of the size of that which the command runs on, if it does. */
function terminalInfo(): TTYInfo {
  const { rows, columns } = process.stdout;
  return rows && columns ? { window_size: { rows, columns } } : {};
}

const dockerNetworks: Readonly<Record<string, ContainerInfoDockerInfoNetwork>> = {
  host: 'HOST',
  bridge: 'BRIDGE',
  none: 'NONE',
};

function dockerContainer(options: ContainerOptions, image: string, volumes: readonly Volume[]): ContainerInfo {
  if (options.image !== undefined) throw new UsageError('Give either --image or --docker-image, not both');
  const [network, ...others] = options.network ?? [];
  if (others.length > 0) throw new UsageError('A Docker container has one --network');
  const known = own(dockerNetworks, network ?? '');
  const isUser = network !== undefined && known === undefined;
  return {
    type: 'DOCKER',
    docker: {
      image: nonEmpty('docker-image', image),
      ...(network !== undefined && { network: known ?? 'USER' }),
    },
    ...(options.tty && { tty_info: terminalInfo() }),
    ...(volumes.length > 0 && { volumes: [...volumes] }),
    ...(isUser && { network_infos: [{ name: nonEmpty('network', network) }] }),
  };
}

function nonEmpty(option: string, value: string): string {
  if (value.trim() === '') throw new UsageError(`--${option} must not be empty`);
  return value;
}

function readVolume(text: string, here: boolean): Volume {
  const [host_path = '', container_path = '', mode = 'rw', ...more] = text.split(':');
  const wrong = (problem: string) => new UsageError(`--volume '${text}': ${problem}; it takes HOST:PATH[:ro]`);
  if (host_path === '' || container_path === '' || more.length > 0) throw wrong('not of that form');
  if (mode !== 'ro' && mode !== 'rw') throw wrong(`the mode is ro or rw, not '${mode}'`);
  if (container_path.split('/').includes('..')) throw wrong("PATH must not contain '..'");
  if (!isAbsolute(host_path) && host_path.split('/').includes('..'))
    throw wrong("a relative HOST must not contain '..'");
  if (here && isAbsolute(host_path) && !existsSync(host_path)) throw wrong(`${host_path} does not exist`);
  return { host_path, container_path, mode: mode === 'ro' ? 'RO' : 'RW' };
}
