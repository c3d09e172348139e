/** The version of Meseta, and the version of Mesos that it is compatible with. */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The version of Mesos whose protocols and behaviour Meseta implements. Peers compare it: masters ignore agents older
 * than 1.0.0.
 */
export const mesosVersion = '1.12.0';

const packageFile = join(import.meta.dirname, '..', 'package.json');

/** The version of Meseta. */
export const productVersion: string = (JSON.parse(readFileSync(packageFile, 'utf8')) as { version: string }).version;

/** The body of `/version`, which is also a part of `/state`. */
export interface VersionInfo {
  /** The version of Mesos, which Mesos clients compare. */
  readonly version: string;
  /** The version of Meseta. */
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
    return undefined; // not a checkout, or its reference is packed; the commit is only information
  }
}

let cached: VersionInfo | undefined;

/**
 * Returns the version information. There is no build step, so the build time is that of the package's files. Read once.
 */
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
