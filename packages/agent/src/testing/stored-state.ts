import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** A file, with its content as text or in base64; or a symbolic link. */
type StoredFile = { readonly text: string } | { readonly base64: string } | { readonly link: string };

/**
 * Writes what an agent left in `meta` and in its runtime directory, `work/meta` and `runtime` below a directory. The agent is
 * `test-S0` with `--hostname=agent.example`, and was killed in another boot of the machine, when it had a framework with these
 * executors, and stand-alone container `alone` with an ended one in it:
 *
 * | executor | |
 * |---|---|
 * | `running` | a command task with a health check |
 * | `killed` | a command task that is being killed |
 * | `finished` | a command task of which nothing is acknowledged |
 * | `finished-acknowledged` | over |
 * | `http`, `driver` | custom executors of the two protocols, with the tasks `http-task` and `driver-task` |
 * | `pod` | with the tasks `pod-1` and `pod-2` |
 *
 * The agent was being drained, has a persistent volume, and the status of the operation that made it is not acknowledged.
 *
 * @param version of the state, see `recovery/state-version.ts`. `fixtures/state/version-0.json` is the state of a Meseta before there
 *   were versions: an agent wrote it.
 */
export async function writeStoredState(directory: string, version: 0): Promise<void> {
  const fixture = new URL(`../../fixtures/state/version-${version}.json`, import.meta.url);
  const files = JSON.parse(await readFile(fixture, 'utf8')) as Readonly<Record<string, StoredFile>>;
  for (const [name, file] of Object.entries(files)) {
    const path = join(directory, name);
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    if ('link' in file) await symlink(file.link, path);
    else await writeFile(path, 'text' in file ? file.text : Buffer.from(file.base64, 'base64'), { mode: 0o600 });
  }
}
