/**
 * What the agent has on disk about the networks of containers, as in Mesos:
 *
 * ```text
 * <root>/<container>/ns                               its network namespace, see namespace-handle.ts
 *                   /hosts, hostname, resolv.conf     mounted in the container
 *                   /<network>/network.conf           what plugins got: DEL gets the same
 *                   /<network>/<interface>/network.info   what ADD told, when it was complete
 * ```
 *
 * A network's directory is there from before ADD until after DEL. So whatever is killed when, the next agent knows all
 * that may have to be undone.
 *
 * @see Mesos src/slave/containerizer/mesos/isolators/network/cni/paths.hpp
 */
import { readdir, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { makeDirectories } from '@meseta/system';
import { replaceFile, syncDirectory } from '@meseta/system/replace-file';
import type { Attachment } from './attachment.ts';
import { CniError } from './errors.ts';
import { isObject, type JsonObject } from './json.ts';
import { type CniResult, parseResult } from './result.ts';

const configName = 'network.conf';
const resultName = 'network.info';

/** The records of all containers. See the top of this file. */
export class CniRecords {
  readonly #root: string;
  readonly #durable: boolean;

  /** @param durable they are needed after a crash of the machine. */
  constructor(root: string, durable: boolean) {
    this.#root = root;
    this.#durable = durable;
  }

  /** Returns the path of one of the files in a container's directory. */
  path(containerId: string, name: 'ns' | 'hosts' | 'hostname' | 'resolv.conf'): string {
    return join(this.#root, containerId, name);
  }

  /** Makes the directory of a container. */
  async create(containerId: string): Promise<void> {
    await makeDirectories(join(this.#root, containerId), 0o700);
  }

  /** Returns the path of what plugins get for a container's network. */
  configPath(containerId: string, network: string): string {
    return join(this.#root, containerId, network, configName);
  }

  /** Writes what will be attached, before it is. */
  async writeAttachment({ containerId, network, ifName, document }: Attachment): Promise<void> {
    const directory = join(this.#root, containerId, network);
    await makeDirectories(join(directory, ifName), 0o700);
    await this.#write(this.configPath(containerId, network), document);
    if (this.#durable) for (const each of [directory, dirname(directory), this.#root]) await syncDirectory(each);
  }

  /** Writes what ADD told. */
  async writeResult({ containerId, network, ifName }: Attachment, { document }: CniResult): Promise<void> {
    await this.#write(join(this.#root, containerId, network, ifName, resultName), document);
  }

  /** Removes the record of an attachment that is undone. */
  async removeAttachment({ containerId, network }: Attachment): Promise<void> {
    await rm(join(this.#root, containerId, network), { recursive: true, force: true });
  }

  /** Removes all records of a container. */
  async remove(containerId: string): Promise<void> {
    await rm(join(this.#root, containerId), { recursive: true, force: true });
  }

  /** Returns the ids of all containers with records. */
  async containers(): Promise<string[]> {
    const entries = await readdir(this.#root, { withFileTypes: true }).catch(unlessMissing);
    return entries.filter(entry => entry.isDirectory()).map(({ name }) => name);
  }

  /** Reads the attachments of a container in the order of their interfaces, those that were begun only as well. */
  async attachments(containerId: string): Promise<Attachment[]> {
    const directory = join(this.#root, containerId);
    const entries = await readdir(directory, { withFileTypes: true }).catch(unlessMissing);
    const networks = entries.filter(entry => entry.isDirectory()).map(({ name }) => name);
    const read = await Promise.all(networks.map(network => this.#read(containerId, network)));
    return read.flat().sort((a, b) => a.ifName.localeCompare(b.ifName, 'en', { numeric: true }));
  }

  async #read(containerId: string, network: string): Promise<Attachment[]> {
    const file = this.configPath(containerId, network);
    const document = await readObject(file);
    if (document === undefined) return []; // no plugin has run yet
    const entries = await readdir(dirname(file), { withFileTypes: true });
    const interfaces = entries.filter(entry => entry.isDirectory()).map(({ name }) => name);
    return Promise.all(
      interfaces.map(async ifName => {
        const told = await readText(join(dirname(file), ifName, resultName));
        const result = told === undefined ? undefined : parseResult(told);
        return {
          containerId,
          network,
          ifName,
          document,
          file,
          result: typeof result === 'string' ? undefined : result,
        };
      }),
    );
  }

  #write(path: string, content: JsonObject): Promise<void> {
    return replaceFile(path, JSON.stringify(content), { durable: this.#durable });
  }
}

/** @throws {CniError} there is something else, so that it is not known any more what to undo. */
async function readObject(path: string): Promise<JsonObject | undefined> {
  const text = await readText(path);
  if (text === undefined) return undefined;
  const content = parse(text);
  if (isObject(content)) return content;
  const what = `The record ${path} is damaged, so the container cannot be detached from its network`;
  throw new CniError('CNI_CONFIG', `${what}. Undo what is left of it by hand, and remove ${dirname(path)}`);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // the caller says what that means
  }
}

async function readText(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    return undefined;
  });
}

function unlessMissing(error: NodeJS.ErrnoException): [] {
  if (error.code !== 'ENOENT') throw error;
  return [];
}
