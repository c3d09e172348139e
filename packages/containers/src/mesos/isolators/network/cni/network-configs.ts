import { accessSync, constants, statSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CniError } from './errors.ts';
import { type NetworkConfig, readNetworkConfig } from './network-config.ts';

/** Names of files that are network configurations. */
const configFile = /\.(conf|conflist|json)$/;

/** Where the agent finds networks and plugins. */
export interface CniDirectories {
  /** `--network_cni_config_dir`. */
  readonly configs: string;
  /** `--network_cni_plugins_dir`, in the order in which they are searched. */
  readonly plugins: readonly string[];
}

/** The networks of `--network_cni_config_dir`. */
export class NetworkConfigs {
  readonly #directories: CniDirectories;

  constructor(directories: CniDirectories) {
    this.#directories = directories;
  }

  /** Returns the path of a plugin; undefined when there is none. */
  plugin(type: string): string | undefined {
    return this.#directories.plugins.map(directory => join(directory, type)).find(isProgram);
  }

  /**
   * Reads all configurations when the agent starts.
   *
   * @throws {CniError} naming each file and field that is wrong.
   */
  async check(): Promise<void> {
    for (const directory of this.#directories.plugins) {
      await readdir(directory).catch(cause => {
        throw new CniError('CNI_CONFIG', `Cannot read --network_cni_plugins_dir: ${messageOf(cause)}`, { cause });
      });
    }
    const { problems } = await this.#read();
    if (problems.length === 0) return;
    const list = problems.map(problem => `\n  ${problem}`).join('');
    throw new CniError('CNI_CONFIG', `The network configurations of --network_cni_config_dir are wrong:${list}`);
  }

  /**
   * Returns the network of a name. The directory is read again for each container: a new or changed network is used by
   * the containers that are launched from then on. A mistake in the file of another network does not matter.
   *
   * @throws {CniError} there is none.
   */
  async find(name: string): Promise<NetworkConfig> {
    const { networks, problems } = await this.#read();
    const found = networks.get(name);
    if (found) return found;
    const known = [...networks.keys()].sort().join(', ') || 'none';
    const wrong = problems.length > 0 ? `. These files are wrong and were not used: ${problems.join('; ')}` : '';
    throw new CniError(
      'CNI_CONFIG',
      `Unknown CNI network '${name}': the agent's networks are ${known} (${this.#directories.configs})${wrong}`,
    );
  }

  async #read(): Promise<{ networks: Map<string, NetworkConfig>; problems: string[] }> {
    const { configs } = this.#directories;
    const names = await readdir(configs).catch(cause => {
      throw new CniError('CNI_CONFIG', `Cannot read --network_cni_config_dir: ${messageOf(cause)}`, { cause });
    });
    const networks = new Map<string, NetworkConfig>();
    const problems: string[] = [];
    for (const name of names.filter(each => configFile.test(each)).sort()) {
      const file = join(configs, name);
      const text = await readFile(file, 'utf8').catch((error: Error) => error);
      if (text instanceof Error) {
        problems.push(`${file}: ${text.message}`);
        continue;
      }
      const read = readNetworkConfig(file, text, type => this.plugin(type) !== undefined);
      if ('problems' in read) problems.push(...read.problems);
      else {
        const other = networks.get(read.network.name);
        if (other) problems.push(`${file}: 'name' is '${read.network.name}', as in ${other.file}`);
        else networks.set(read.network.name, read.network);
      }
    }
    return { networks, problems };
  }
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
