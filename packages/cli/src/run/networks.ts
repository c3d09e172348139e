/** Finds the CNI networks of this machine, for temporary clusters. */
import { statSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Where CNI networks are found. */
export interface CniDirectories {
  /** The directory of network configurations. */
  readonly configs: string;
  /** Directories of plugins, separated by colons. */
  readonly plugins: string;
}

const defaultConfigs = '/etc/cni/net.d';
/** Where CNI itself and distributions put plugins. */
const usualPlugins = ['/opt/cni/bin', '/usr/lib/cni', '/usr/libexec/cni'];

/**
 * Returns the directories of `$NETCONFPATH` and `$CNI_PATH`, which other programs of CNI know, too, or the usual ones. They
 * may be missing.
 */
export function cniDirectories({ NETCONFPATH, CNI_PATH }: NodeJS.ProcessEnv): CniDirectories {
  const plugins = CNI_PATH || usualPlugins.filter(isDirectory).join(':');
  return { configs: NETCONFPATH || defaultConfigs, plugins };
}

/** Returns a sentence about a directory that is missing; undefined when both are there. */
export function directoryProblem({ configs, plugins }: CniDirectories): string | undefined {
  if (!isDirectory(configs)) {
    return `There are no networks on this machine: ${configs}, where their configurations are ($NETCONFPATH), is no directory`;
  }
  if (plugins === '')
    return `There are no CNI plugins on this machine: none of ${usualPlugins.join(', ')} is a directory; $CNI_PATH names another`;
  const missing = plugins.split(':').find(each => !isDirectory(each));
  return missing === undefined ? undefined : `'${missing}' in $CNI_PATH is no directory`;
}

/**
 * Checks that networks are there.
 *
 * @returns a sentence about the first that is not.
 */
export async function networkProblem(
  names: readonly string[],
  directories: CniDirectories,
): Promise<string | undefined> {
  const problem = directoryProblem(directories);
  if (problem !== undefined) return problem;
  const { configs } = directories;
  const known = await networksIn(configs);
  const unknown = names.find(name => !known.includes(name));
  if (unknown === undefined) return undefined;
  return `There is no network '${unknown}' in ${configs}: it has ${known.join(', ') || 'none'}`;
}

/** Returns the names of networks in a directory. What is wrong with a file is found by the agent, which reads all of it. */
async function networksIn(directory: string): Promise<string[]> {
  const files = (await readdir(directory)).filter(name => /\.(conf|conflist|json)$/.test(name));
  const names = await Promise.all(files.map(file => networkOf(join(directory, file))));
  return names.filter(name => name !== undefined).sort();
}

async function networkOf(file: string): Promise<string | undefined> {
  try {
    const { name } = JSON.parse(await readFile(file, 'utf8')) as { name?: unknown };
    return typeof name === 'string' ? name : undefined;
  } catch {
    return undefined; // it is not a configuration
  }
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
