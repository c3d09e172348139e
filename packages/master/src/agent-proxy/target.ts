/** What a request for an agent names, taken apart and put together again. Pure. */
import { posix } from 'node:path';
import type { ProxiedRead } from './reads.ts';

/** An agent, and a path on it. */
export interface Target {
  readonly agentId: string;
  /** Begins with a slash; '' for the agent itself. */
  readonly path: string;
}

/** Takes `/<id>/<path>` apart, which is decoded. @returns undefined when there is no id. */
export function targetOf(rest: string): Target | undefined {
  const [, agentId, path = ''] = /^\/([^/]+)(\/.*)?$/s.exec(rest) ?? [];
  return agentId === undefined ? undefined : { agentId, path: path === '/' ? '' : path };
}

/**
 * Returns the path of the request to the agent. It is made from the table and from values, so that nothing else of what
 * a client sends gets there.
 *
 * @param path a key of the table.
 */
export function agentUrl(path: string, { parameters }: ProxiedRead, query: URLSearchParams): string {
  const passed = new URLSearchParams();
  for (const name of parameters) {
    const value = query.get(name);
    if (value !== null) passed.set(name, value);
  }
  return passed.size === 0 ? path : `${path}?${passed}`;
}

/**
 * Returns a virtual path of a file without `.`, `..` and empty parts, so that the agent cannot take it for another file
 * than the master; undefined when it does not begin with a slash, or contains a NUL.
 */
export function plainPath(path: string): string | undefined {
  const own = path.startsWith('file://') ? path.slice('file://'.length) : path;
  return own.startsWith('/') && !own.includes('\0') ? posix.normalize(own) : undefined;
}

/** What a virtual path of an agent belongs to. */
export type FileOwner =
  | { readonly kind: 'log' }
  | { readonly kind: 'sandbox'; readonly frameworkId: string; readonly executorId: string }
  | { readonly kind: 'other' };

const logs: ReadonlySet<string> = new Set(['/slave/log', '/agent/log']);
const run = '/frameworks/([^/]+)/executors/([^/]+)(?:/|$)';
const virtual = new RegExp(`^${run}`);

/**
 * Finds out whose a file is.
 *
 * @param path as {@link plainPath} returns it: a name that agents attach, or the real path of a sandbox.
 */
export function ownerOf(path: string, agentId: string): FileOwner {
  if (logs.has(path)) return { kind: 'log' };
  const real = new RegExp(`^/.*?/slaves/${RegExp.escape(agentId)}${run}`, 's');
  const [, frameworkId, executorId] = virtual.exec(path) ?? real.exec(path) ?? [];
  if (frameworkId === undefined || executorId === undefined) return { kind: 'other' };
  return { kind: 'sandbox', frameworkId, executorId };
}
