/**
 * Passes standard input to a task: reads it to its end, and has it fetched into the sandbox, where the task reads it.
 */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { makeTemporaryDirectory } from '@meseta/system/temporary-directory';
import { nameFile } from '../system-problem.ts';
import { UsageError } from '../usage-error.ts';
import type { TaskTemplate } from './launch.ts';

/** The file's name in the sandbox, beside stdout and stderr. */
const fileName = 'stdin';

/** Standard input in a file that only this user can read. */
export interface Input {
  readonly file: string;
  remove(): Promise<void>;
}

/**
 * Reads standard input to its end.
 *
 * @throws {UsageError} when it is a terminal; the signal's reason when that aborts.
 */
export async function readInput(signal: AbortSignal): Promise<Input> {
  if (process.stdin.isTTY) {
    throw new UsageError('-i reads a pipe or a file to its end, and standard input is a terminal; leave -i out');
  }
  const directory = await makeTemporaryDirectory('meseta-stdin-');
  const remove = () => rm(directory, { recursive: true, force: true });
  const file = path.join(directory, fileName);
  try {
    await pipeline(process.stdin, createWriteStream(file, { mode: 0o600 }), { signal });
  } catch (error) {
    await remove();
    signal.throwIfAborted();
    if ((error as NodeJS.ErrnoException).syscall === 'write') nameFile(file)(error);
    throw error;
  }
  return { file, remove };
}

/**
 * Returns the task with the file of a URI as its standard input. @throws {UsageError} when the command does not run in
 * a shell.
 */
export function withInput(template: TaskTemplate, uri: string): TaskTemplate {
  const { command } = template;
  if (command?.value === undefined || command.shell === false) {
    throw new UsageError("-i needs a command that a shell runs: with --task one with 'value', and 'shell' not false");
  }
  const fetched = { value: uri, output_file: fileName, executable: false, extract: false, cache: false };
  return {
    ...template,
    command: {
      ...command,
      value: `exec <"$MESOS_SANDBOX/${fileName}" || exit\n${command.value}`,
      uris: [...(command.uris ?? []), fetched],
    },
  };
}

/** A file that is served over HTTP until it is closed. */
export interface OfferedFile {
  readonly uri: string;
  close(): Promise<void>;
}

/**
 * Serves a file over HTTP on the address by which this machine reaches the master, under an unguessable name. Agents
 * must be able to connect to that address.
 */
export async function offerFile(file: string, masterOrigin: string): Promise<OfferedFile> {
  const address = await addressTowards(masterOrigin);
  const name = `/${randomUUID()}/${fileName}`;
  const server = createServer(async (request, response) => {
    if (request.url !== name || request.method !== 'GET') return void response.writeHead(404).end();
    try {
      response.writeHead(200, {
        'Content-Length': (await stat(file)).size,
        'Content-Type': 'application/octet-stream',
      });
      await pipeline(createReadStream(file), response);
    } catch {
      response.destroy(); // the agent tries again, or reports that it cannot fetch the file
    }
  });
  server.listen(0, address);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    uri: `http://${address.includes(':') ? `[${address}]` : address}:${port}${name}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise(resolve => server.close(resolve));
    },
  };
}

async function addressTowards(origin: string): Promise<string> {
  const { protocol, hostname, port } = new URL(origin);
  const socket = connect(Number(port || (protocol === 'https:' ? 443 : 80)), hostname.replace(/^\[|\]$/g, ''));
  try {
    await once(socket, 'connect');
    return socket.localAddress as string;
  } finally {
    socket.destroy();
  }
}
