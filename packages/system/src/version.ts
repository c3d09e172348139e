/** Which Meseta this is, and which Mesos it stands in for. */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** The Mesos version whose protocols and behaviour Meseta has. Peers compare it: masters ignore agents older than 1.0.0. */
export const mesosVersion = '1.12.0';

const packageFile = join(import.meta.dirname, '..', 'package.json');

/** Meseta's own version. */
export const productVersion: string = (JSON.parse(readFileSync(packageFile, 'utf8')) as { version: string }).version;

/** The body of `/version`; also part of `/state`. */
export interface VersionInfo {
  /** The Mesos version: what clients of Mesos compare. */
  readonly version: string;
  /** Meseta's own. */
  readonly meseta_version: string;
  readonly build_date: string;
  /** Seconds since 1970. */
  readonly build_time: number;
  readonly build_user: string;
  readonly git_sha?: string;
}

function commit(): string | undefined {
  const git = join(import.meta.dirname, '..', '..', '..', '.git');
  try {
    const head = readFileSync(join(git, 'HEAD'), 'utf8').trim();
    const sha = head.startsWith('ref: ') ? readFileSync(join(git, head.slice('ref: '.length)), 'utf8').trim() : head;
    return /^[0-9a-f]{40}$/.test(sha) ? sha : undefined;
  } catch {
    return undefined; // not a checkout, or its reference is packed: nobody depends on the commit
  }
}

let cached: VersionInfo | undefined;

/** What this build is. There is no build step, so the time is that of the package's files. Read once. */
export function versionInfo(): VersionInfo {
  if (!cached) {
    const seconds = Math.floor(statSync(packageFile).mtimeMs / 1000);
    const sha = commit();
    cached = {
      version: mesosVersion,
      meseta_version: productVersion,
      build_date: `${new Date(seconds * 1000).toISOString().slice(0, 19).replace('T', ' ')} UTC`,
      build_time: seconds,
      build_user: '',
      ...(sha === undefined ? {} : { git_sha: sha }),
    };
  }
  return cached;
}
