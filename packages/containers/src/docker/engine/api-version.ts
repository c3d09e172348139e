/** Decides which version of the Engine API is spoken. */

/** A version of the Engine API, such as 1.41. */
export interface ApiVersion {
  readonly major: number;
  readonly minor: number;
}

/**
 * The versions that this client speaks. 1.24 is that of Docker 1.12 and of Triton; engines of today refuse everything
 * before 1.44. Newer engines than the last one are spoken to in the last one.
 */
export const oldestApi: ApiVersion = { major: 1, minor: 24 };
/** See {@link oldestApi}. */
export const newestApi: ApiVersion = { major: 1, minor: 47 };

/** Parses `1.41`; undefined when it is no version. */
export function parseApiVersion(text: string): ApiVersion | undefined {
  const [, major, minor] = /^(\d{1,3})\.(\d{1,4})$/.exec(text) ?? [];
  return major === undefined ? undefined : { major: Number(major), minor: Number(minor) };
}

/** Returns `1.41`. */
export function formatApiVersion({ major, minor }: ApiVersion): string {
  return `${major}.${minor}`;
}

/** Returns a number below 0 when `a` is older than `b`, above 0 when it is newer. */
export function compareApiVersions(a: ApiVersion, b: ApiVersion): number {
  return a.major - b.major || a.minor - b.minor;
}

/**
 * Chooses the newest version that both sides speak.
 *
 * @param newest of the engine: `ApiVersion` of its `/version`.
 * @param oldest of the engine: `MinAPIVersion`; undefined when it does not say, as before 1.25.
 * @returns the version, or why there is none.
 */
export function chooseApiVersion(newest: ApiVersion, oldest: ApiVersion | undefined): ApiVersion | string {
  const [ours, theirs] = [
    `${formatApiVersion(oldestApi)} to ${formatApiVersion(newestApi)}`,
    `${oldest === undefined ? 'at most ' : `${formatApiVersion(oldest)} to `}${formatApiVersion(newest)}`,
  ];
  if (compareApiVersions(newest, oldestApi) < 0) {
    return `the engine is too old: it speaks the API ${theirs}, and this agent ${ours}; use Docker 1.12 or newer`;
  }
  if (oldest !== undefined && compareApiVersions(oldest, newestApi) > 0) {
    return `the engine is too new: it speaks the API ${theirs}, and this agent ${ours}; use an older engine, or a newer agent`;
  }
  return compareApiVersions(newest, newestApi) < 0 ? newest : newestApi;
}
