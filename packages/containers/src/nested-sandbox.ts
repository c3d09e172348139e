import type { User } from '@meseta/system';
import { Directory } from './fetcher/directory.ts';

type Owner = Pick<User, 'uid' | 'gid'>;

/** Whose a nested sandbox is, and which task runs there. */
export interface NestedSandboxOptions {
  /** Undefined for this process's user. */
  readonly owner: Owner | undefined;
  /** The owner of the sandbox around it. */
  readonly linkOwner?: Owner | undefined;
  /** The id of the task that is to have a link `tasks/<id>` to its sandbox. */
  readonly task?: string;
}

/**
 * Creates the sandbox of a container nested in another one, as `containers/<value>` in the sandbox of that one, with its
 * files `stdout` and `stderr`. Links in the sandbox around it are not followed, because its owner can make them.
 *
 * @param sandbox of the container that it is nested in, an absolute path.
 * @param value the last part of the container's id.
 */
export async function makeNestedSandbox(sandbox: string, value: string, options: NestedSandboxOptions): Promise<void> {
  const { owner, linkOwner, task } = options;
  await inSubdirectory(sandbox, 'containers', undefined, async containers => {
    const nested = await containers.enter(value, { create: true });
    try {
      await nested.become({ mode: 0o750, ...(owner ?? self()) });
      for (const name of ['stdout', 'stderr']) {
        const file = await nested.create(name);
        if (owner) await file.chown(owner.uid, owner.gid);
        await file.close();
      }
    } finally {
      await nested.close();
    }
  });
  if (task === undefined) return;
  await inSubdirectory(sandbox, 'tasks', linkOwner, tasks => tasks.link(task, `${sandbox}/containers/${value}`));
}

async function inSubdirectory(
  path: string,
  name: string,
  owner: Owner | undefined,
  act: (directory: Directory) => Promise<void>,
): Promise<void> {
  const around = await Directory.open(path, owner);
  try {
    const directory = await around.enter(name, { create: true });
    try {
      await directory.become({ mode: 0o755, ...(owner ?? self()) });
      await act(directory);
    } finally {
      await directory.close();
    }
  } finally {
    await around.close();
  }
}

function self(): Owner {
  return { uid: process.geteuid?.() ?? -1, gid: process.getegid?.() ?? -1 };
}
