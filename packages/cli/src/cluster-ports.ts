/**
 * Stores the ports of a cluster in its directory, so that a command that follows a task finds the agents after a
 * restart.
 */
import { rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { NotRegularFileError, readRegularFile } from '@meseta/system/regular-file';

/** The ports of the last start. */
export interface ClusterPorts {
  readonly master?: number;
  /** The agents' ports; the index is the agent's number minus one. */
  readonly agents: readonly number[];
}

const fileOf = (directory: string) => path.join(directory, 'ports.json');

/**
 * Reads the stored ports; empty when the directory is new or the file is damaged: then free ports are used.
 *
 * @throws {NotRegularFileError} when the path of the file has something else.
 */
export async function readPorts(directory: string): Promise<ClusterPorts> {
  try {
    const { master, agents } = JSON.parse(
      (await readRegularFile(fileOf(directory))).toString(),
    ) as Partial<ClusterPorts>;
    return {
      ...(isPort(master) && { master }),
      agents: Array.isArray(agents) ? agents.map(port => (isPort(port) ? port : 0)) : [],
    };
  } catch (error) {
    if (error instanceof NotRegularFileError) throw error;
    return { agents: [] };
  }
}

/** Replaces the stored ports. */
export async function writePorts(directory: string, ports: ClusterPorts): Promise<void> {
  const draft = `${fileOf(directory)}.new`;
  await rm(draft, { force: true }); // left by a start that was killed
  await writeFile(draft, `${JSON.stringify(ports)}\n`, { mode: 0o600, flag: 'wx' });
  await rename(draft, fileOf(directory));
}

/** Starts a daemon on the wanted port, or on a free one when that is in use. */
export async function startOnPort<T>(wanted: number, start: (port: number) => Promise<T>): Promise<T> {
  try {
    return await start(wanted);
  } catch (error) {
    if (wanted === 0 || (error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    return start(0);
  }
}

function isPort(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) > 0 && (value as number) < 65_536;
}
