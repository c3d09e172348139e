/**
 * Sandboxes of nested and stand-alone containers. One of a nested container is in that of its parent, whose user can rename and
 * link what is there, while the agent is often root. So each name is resolved when it is used, and no link is followed.
 *
 * @see Mesos src/slave/paths.cpp, createSandboxDirectory
 */
import type { ContainerId } from './container-id.ts';
import { Directory } from './fetcher/directory.ts';

/** The user that a sandbox belongs to; undefined for the agent's own. */
type Owner = { readonly uid: number; readonly gid: number } | undefined;

const sandboxMode = 0o750;

/** Returns the sandbox of a container: that of the container at its root for an id without a parent. */
export function nestedSandbox(root: string, { value, parent }: ContainerId): string {
  return parent === undefined ? root : `${nestedSandbox(root, parent)}/containers/${value}`;
}

/**
 * Makes the directory `<parent>/containers/<name>` with empty files `stdout` and `stderr`. One that is there is used again.
 *
 * @param parent the directory of the parent's sandbox, which is there; for a stand-alone container the work directory.
 * @throws when a link or a file is in the way, or a directory of another user.
 */
export async function makeSandbox(parent: string, name: string, owner: Owner): Promise<void> {
  await below(parent, 'containers', { create: true }, async containers => {
    const sandbox = await containers.enter(name, { create: true, owner });
    try {
      await claim(sandbox, `${parent}/containers/${name}`, owner);
      for (const file of ['stdout', 'stderr']) await (await sandbox.create(file).catch(unlessThere))?.close();
    } finally {
      await sandbox.close();
    }
  });
}

async function claim(sandbox: Directory, path: string, owner: Owner): Promise<void> {
  const [uid, own] = [await sandbox.ownerId(), process.geteuid?.()];
  if (uid !== own && uid !== owner?.uid) throw new Error(`'${path}' exists and belongs to another user (id ${uid})`);
  await sandbox.become({ mode: sandboxMode, uid: owner?.uid ?? -1, gid: owner?.gid ?? -1 });
}

/**
 * Makes the link `<parent>/tasks/<task>` to the sandbox of a nested container, where frameworks look for that of a pod's task.
 *
 * @param owner of the parent's sandbox.
 */
export async function linkTaskSandbox(parent: string, task: string, name: string, owner: Owner): Promise<void> {
  await below(parent, 'tasks', { create: true, owner }, tasks => tasks.link(task, `${parent}/containers/${name}`));
}

/**
 * Removes directories in another one with everything in them, without following links. Missing ones are fine.
 *
 * @param signal leaves the rest when it is aborted.
 * @returns what could not be removed, and why.
 */
export async function removeDirectories(
  parent: string,
  names: readonly string[],
  signal?: AbortSignal,
): Promise<readonly { readonly name: string; readonly error: unknown }[]> {
  const directory = await Directory.open(parent, undefined);
  try {
    return await directory.removeTrees(names, signal);
  } finally {
    await directory.close();
  }
}

/**
 * Opens the sandbox of a container. Links that lead to it are not followed where the user of a container around it could have made
 * them.
 *
 * @param directory its path; one that is not in the sandbox of its parent is resolved as it is.
 * @param owner of new entries.
 */
export async function openSandbox(directory: string, id: ContainerId, owner: Owner): Promise<Directory> {
  const below = nestedSandbox('', id);
  if (!directory.endsWith(below)) return Directory.open(directory, owner);
  let opened = await Directory.open(directory.slice(0, directory.length - below.length), owner);
  for (const name of below.split('/').slice(1)) {
    const outer = opened;
    try {
      opened = await outer.enter(name);
    } finally {
      await outer.close();
    }
  }
  return opened;
}

/**
 * Finds the sandboxes made by {@link makeSandbox} in another one. Links are not followed, and left out.
 *
 * @returns their names, and when they were changed for the last time, in milliseconds since 1970.
 */
export async function* nestedSandboxes(parent: string): AsyncGenerator<{ name: string; changedMs: number }> {
  const directory = await Directory.open(parent, undefined).catch(() => undefined); // it has just been removed
  try {
    const containers = await directory?.enter('containers').catch(() => undefined); // there are none
    if (containers !== undefined) yield* containers.directories();
  } finally {
    await directory?.close();
  }
}

/** Removes a sandbox made by {@link makeSandbox} with everything in it. A missing one is fine. */
export async function removeSandbox(parent: string, name: string): Promise<void> {
  await below(parent, 'containers', { create: false }, containers => containers.removeTree(name)).catch(unlessMissing);
}

async function below(
  parent: string,
  name: string,
  options: { readonly create: boolean; readonly owner?: Owner },
  act: (directory: Directory) => Promise<void>,
): Promise<void> {
  const directory = await Directory.open(parent, options.owner);
  try {
    const entered = await directory.enter(name, options);
    try {
      await act(entered);
    } finally {
      await entered.close();
    }
  } finally {
    await directory.close();
  }
}

function unlessThere(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'EEXIST') throw error;
}

function unlessMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}
