/** Accounts of registries that a container's URIs bring into its sandbox, where Apache Mesos lets `docker pull` look for them. */
import { parseJson } from '@meseta/protocol';
import type { ContainerId } from '../container-id.ts';
import { LaunchError } from '../errors.ts';
import type { Directory } from '../fetcher/directory.ts';
import { type DockerAccounts, dockerAccounts } from '../mesos/provisioner/docker/docker-config.ts';
import { openSandbox } from '../sandboxes.ts';

/** The first that is there counts. */
const places: readonly (readonly string[])[] = [['.docker', 'config.json'], ['.dockercfg']];
const mostBytes = 1024 * 1024;

/**
 * Reads the accounts in a sandbox. No link is followed: it could lead to those of the agent's user.
 *
 * @param directory the sandbox.
 * @returns undefined when there are none.
 * @throws {LaunchError} `INVALID`, naming the file.
 */
export async function accountsInSandbox(directory: string, id: ContainerId): Promise<DockerAccounts | undefined> {
  const sandbox = await openSandbox(directory, id, undefined);
  try {
    for (const place of places) {
      const accounts = await accountsAt(sandbox, place);
      if (accounts !== undefined) return accounts;
    }
    return undefined;
  } finally {
    await sandbox.close();
  }
}

async function accountsAt(sandbox: Directory, place: readonly string[]): Promise<DockerAccounts | undefined> {
  try {
    const text = await readIn(sandbox, place);
    return text === undefined ? undefined : dockerAccounts(jsonOf(text));
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    throw new LaunchError('INVALID', `The accounts of registries in '${place.join('/')}' of the sandbox: ${message}`, {
      cause,
    });
  }
}

/** The error of a parser would quote what may be a password. */
function jsonOf(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    throw new Error('it is no JSON');
  }
}

async function readIn(directory: Directory, [name = '', ...rest]: readonly string[]): Promise<string | undefined> {
  if (rest.length > 0) {
    const entered = await directory.enter(name);
    try {
      return await readIn(entered, rest);
    } finally {
      await entered.close();
    }
  }
  const file = await directory.openFile(name);
  try {
    const { size } = await file.stat();
    if (size > mostBytes) throw new Error(`it has ${size} bytes; at most ${mostBytes} are read`);
    return (await file.readFile()).toString('utf8');
  } finally {
    await file.close();
  }
}
