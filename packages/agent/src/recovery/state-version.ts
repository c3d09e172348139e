/**
 * The version of the files by which an agent hands over to the next one: a number in `<work_dir>/meta/version`, and in
 * `<runtime_dir>/version`. Mesos has no such file and does not look at it.
 *
 * Without the file the version is 0: Mesos wrote the state, or a Meseta before there were versions. The number is raised when agents
 * before could not read what is written from then on, or would read it wrongly. An agent reads all versions up to its own. It writes
 * its own number when it has taken over, and before it changes anything else; until then the earlier agent can be started again.
 */
import { dirname } from 'node:path';
import type { DiskOperation } from '../disk/operation.ts';
import { readIfThere } from '../disk/records.ts';
import { ContentError, type DamageHandling, tolerate } from './damage.ts';
import { RecoveryError } from './error.ts';

/** The version that this agent writes, and the newest that it reads. */
export const stateVersion = 1;

/**
 * Reads versions.
 *
 * @param files their paths.
 * @returns those of them to be written by {@link versionOperations}, when the state was read.
 * @throws {RecoveryError} a newer agent wrote the state, or a file is damaged.
 */
export async function readVersions(files: readonly string[], handling: DamageHandling): Promise<readonly string[]> {
  const outdated: string[] = [];
  for (const file of files) if ((await readVersion(file, handling)) !== stateVersion) outdated.push(file);
  return outdated;
}

/** Returns what writes this agent's version to files. */
export function versionOperations(files: readonly string[]): DiskOperation[] {
  return files.map(path => ({ type: 'replace', path, data: `${stateVersion}\n`, sync: true }));
}

/** Returns undefined for a damaged file that is skipped. */
async function readVersion(path: string, handling: DamageHandling): Promise<number | undefined> {
  const version = await tolerate(handling, path, parseVersion);
  if (version === undefined || version <= stateVersion) return version;
  throw new RecoveryError(
    `'${path}' says that the state in '${dirname(path)}' has version ${version}; the newest that this agent reads is ` +
      `${stateVersion}. Start the newer Meseta that wrote it; or, to go back, let that end what it runs ` +
      `(--recover=cleanup), and then move '${dirname(path)}' away`,
  );
}

/** The line's end shows that the number is complete. */
function parseVersion(path: string): number {
  const text = readIfThere(path)?.toString();
  if (text === undefined) return 0;
  const [, digits] = /^(\d{1,9})\n$/.exec(text) ?? [];
  if (digits === undefined) throw new ContentError('it does not have a number and the end of a line');
  return Number(digits);
}
