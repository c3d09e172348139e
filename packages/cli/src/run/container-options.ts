/** The options of `run` and `local` that say what surrounds a task. */
import { existsSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import type { ContainerInfo, NetworkInfo, Volume } from '@meseta/protocol';
import { UsageError } from '../usage-error.ts';

/** Their values. */
export interface ContainerOptions {
  readonly isolation?: string | undefined;
  readonly volume?: readonly string[] | undefined;
  readonly image?: string | undefined;
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
  network: { type: 'string', multiple: true, value: 'NAME', help: 'Join this CNI network; again for more' },
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
  const networks = (options.network ?? []).map((name): NetworkInfo => ({ name: nonEmpty('network', name) }));
  const image = options.image === undefined ? undefined : nonEmpty('image', options.image);
  const { rows, columns } = process.stdout;
  const tty_info = rows && columns ? { window_size: { rows, columns } } : {};
  if (volumes.length === 0 && networks.length === 0 && image === undefined && !options.tty) return undefined;
  return {
    type: 'MESOS',
    ...(options.tty && { tty_info }),
    ...(volumes.length > 0 && { volumes }),
    ...(networks.length > 0 && { network_infos: networks }),
    ...(image !== undefined && { mesos: { image: { type: 'DOCKER', docker: { name: image } } } }),
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
