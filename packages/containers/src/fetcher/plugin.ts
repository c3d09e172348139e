/**
 * How the contents of a URI are had that the agent cannot fetch by itself: by http, or from the standard output of a program, which
 * runs as the task's user.
 */
export type FetchBy =
  | {
      readonly url: string;
      /** Sent to the host of the URL alone. */
      readonly headers?: Readonly<Record<string, string>>;
    }
  | {
      readonly command: readonly [string, ...string[]];
      /** More variables. The task's user can read them while the program runs. */
      readonly environment?: Readonly<Record<string, string>>;
    };

/** The container that a URI is fetched for. */
export interface FetchContext {
  /** The id of the task's user; undefined when that is the agent's own. */
  readonly uid?: number;
}

/**
 * Fetches the URIs of some schemes: says for each how its contents are had. The fetcher does the rest, as for all others: cache,
 * resuming, progress, extraction.
 */
export interface FetchPlugin {
  readonly name: string;
  /** In lower case, without `:`. */
  readonly schemes: readonly string[];
  /** @throws with a message for the task's owner. */
  fetchBy(uri: string, context: FetchContext): Promise<FetchBy>;
}

/** The schemes that the agent fetches by itself. All others are for plugins, and then for Hadoop's client. */
export const ownSchemes: ReadonlySet<string> = new Set(['file', 'http', 'https', 'ftp', 'ftps']);
