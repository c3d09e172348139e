/** A request's target, taken apart. */
export interface Target {
  /** Path and query. */
  readonly url: string;
  /** `host[:port]`, when the target is a whole URL as clients send it to proxies. */
  readonly authority: string | undefined;
}

const ABSOLUTE = /^https?:\/\/([^/?#]*)(.*)$/is;

/** Takes a request target apart: `/path?query`, or `http://host:port/path?query`, whose host counts for more than Host. */
export function parseTarget(target: string): Target {
  if (target.startsWith('/')) return { url: target, authority: undefined };
  const [, authority, rest = ''] = ABSOLUTE.exec(target) ?? [];
  if (!authority) return { url: target, authority: undefined };
  return { url: rest.startsWith('/') ? rest : `/${rest}`, authority };
}
