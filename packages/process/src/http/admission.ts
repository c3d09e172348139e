import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';
import type { FailureCode } from './failures.ts';
import { mediaType } from './media-type.ts';
import { JSON_TYPE, PROTOBUF_TYPE, RECORDIO_TYPE } from './negotiate.ts';

/** The names of a daemon, and the pages that may use it, besides IP addresses, `localhost` and its own pages. */
export interface AdmissionOptions {
  /** Host names without a port; `*.example.org` means all names below `example.org`, `*` every name. */
  readonly hosts?: Iterable<string>;
  /** Origins, `https://example.org:8080`; `null` in the form of browsers, `*` for every origin. */
  readonly origins?: Iterable<string>;
}

/** The parts of a request that say which host it is for, and which page sent it. */
export interface RequestHead {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  /** `host[:port]` of an absolute target, else the Host header. Absent from HTTP/1.0 and old libprocess peers. */
  readonly authority: string | undefined;
  /** Names in lower case. */
  readonly headers: IncomingHttpHeaders;
}

/** The reason why a request is refused. */
export interface Refusal {
  readonly code: FailureCode;
  readonly message: string;
}

const AUTHORITY = /^(?:\[([0-9a-f:.]+)(?:%[\w.-]+)?\]|([\w.-]+))(?::\d*)?$/i;
const REMEMBERED = 256;
/** The types that forms, and scripts of other origins, cannot send without asking first. */
const SAFE_TYPES: ReadonlySet<string | undefined> = new Set([JSON_TYPE, PROTOBUF_TYPE, RECORDIO_TYPE]);
const quoted = (text: string) => `'${text.slice(0, 255)}'`;

/**
 * Refuses requests of foreign web pages, which could reach a daemon behind a firewall through a user's browser. A page
 * whose name resolves to the daemon's address sends its own name as Host. A page that sends requests to another origin
 * is identified by Origin, Referer or Sec-Fetch-Site, which pages cannot forge. Clients that are not browsers send none
 * of these; neither do old browsers with a form of a page that hides its origin, but they are recognized by their user
 * agent.
 */
export class Admission {
  readonly #hosts: ReadonlySet<string>;
  readonly #origins: ReadonlySet<string>;
  /** The results by host, because hosts repeat. */
  readonly #verdicts = new Map<string, Refusal | null>();

  constructor({ hosts = [], origins = [] }: AdmissionOptions = {}) {
    this.#hosts = new Set(['localhost', ...hosts].map(plainName));
    this.#origins = new Set([...origins].map(plainOrigin));
  }

  /** Returns why a request is refused; undefined when it is allowed. */
  refusal(head: RequestHead): Refusal | undefined {
    const { authority, headers } = head;
    const unknown = authority ? this.#hostRefusal(authority) : null;
    if (unknown) return unknown;
    const { origin, referer } = headers;
    const site = headers['sec-fetch-site'];
    if (origin === undefined && referer === undefined && site === undefined) {
      if (!isFromBrowser(headers)) return;
      if (!reads(head.method)) return silentPageRefusal(headers);
      // With a referrer policy, a script element of an old browser is recognized only by its user agent.
      if (!head.url.includes('jsonp=')) return;
    }
    return this.#pageRefusal(head, origin, referer, site);
  }

  #hostRefusal(authority: string): Refusal | null {
    const known = this.#verdicts.get(authority);
    if (known !== undefined) return known;
    const verdict = this.#judgeHost(authority);
    if (this.#verdicts.size >= REMEMBERED) this.#verdicts.clear();
    this.#verdicts.set(authority, verdict);
    return verdict;
  }

  #judgeHost(authority: string): Refusal | null {
    const host = hostOf(authority);
    if (host === undefined) return { code: 'HOST_MALFORMED', message: `Malformed host ${quoted(authority)}` };
    if (isIP(host) !== 0 || this.#isNamed(host)) return null;
    return {
      code: 'HOST_UNKNOWN',
      message:
        `This daemon is not known as ${quoted(host)}: it answers to IP addresses, 'localhost' and its own names.` +
        ` To use this name, start it with --allowed_hosts=${host.slice(0, 255)}`,
    };
  }

  #isNamed(host: string): boolean {
    if (this.#hosts.has('*') || this.#hosts.has(host)) return true;
    for (let dot = host.indexOf('.'); dot >= 0; dot = host.indexOf('.', dot + 1)) {
      if (this.#hosts.has(`*${host.slice(dot)}`)) return true;
    }
    return false;
  }

  #pageRefusal(
    { method, url, authority, headers }: RequestHead,
    origin: string | undefined,
    referer: string | undefined,
    site: string | string[] | undefined,
  ): Refusal | undefined {
    const page = origin ?? originOf(referer);
    if (page !== undefined && this.#permits(page, authority)) return undefined;
    const remedy = `To let them, start it with --allowed_origins=${page?.slice(0, 255) ?? 'ORIGIN'}`;
    const theirs = page === undefined ? 'of other origins' : `of ${quoted(page)}`;
    if (asksJsonp(url)) {
      const message = `Answers with 'jsonp' are for pages of this daemon and of named origins, by Origin or Referer. ${remedy}`;
      return { code: 'ORIGIN_FOREIGN', message };
    }
    // A followed link is allowed, because the page that contains it does not see the answer.
    const follows =
      reads(method) && headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document';
    const across = (site === 'cross-site' || site === 'same-site') && !follows;
    if (origin === undefined && !across && (page === undefined || reads(method))) return undefined;
    return { code: 'ORIGIN_FOREIGN', message: `Pages ${theirs} may not use this daemon. ${remedy}` };
  }

  #permits(origin: string, authority: string | undefined): boolean {
    return this.#origins.has('*') || this.#origins.has(plainOrigin(origin)) || isSameOrigin(origin, authority);
  }
}

/** Tells whether a browser sent a request, by headers that pages cannot remove. */
export function isFromBrowser(headers: IncomingHttpHeaders): boolean {
  const { origin, referer, 'user-agent': agent = '' } = headers;
  const site = headers['sec-fetch-site'];
  return origin !== undefined || referer !== undefined || site !== undefined || /^(?:Mozilla|Opera)\//i.test(agent);
}

/**
 * Tells whether a request that may be here can be one of the daemon's own pages, and is none of an origin that is only allowed by name.
 * Requests of programs are among them.
 */
export function isOwnPage(headers: IncomingHttpHeaders): boolean {
  const site = headers['sec-fetch-site'];
  // The browser has compared what its user sees, also where a proxy names another host.
  if (site === 'same-origin') return true;
  if (site !== undefined && site !== 'none') return false;
  const page = headers.origin ?? originOf(headers.referer);
  return page === undefined || isSameOrigin(page, headers.host);
}

const reads = (method: string) => method === 'GET' || method === 'HEAD';

/** Refuses a browser's request that may change something and does not name its page. */
function silentPageRefusal(headers: IncomingHttpHeaders): Refusal | undefined {
  const type = headers['content-type'];
  if (type !== undefined && SAFE_TYPES.has(mediaType(type))) return undefined;
  const message =
    "A client whose 'User-Agent' is a browser's must say of which page a request is that may change something:" +
    ` send 'Origin', or the body as 'Content-Type: ${JSON_TYPE}', which pages of others cannot send`;
  return { code: 'ORIGIN_MISSING', message };
}

const plainName = (name: string) => name.toLowerCase().replace(/\.$/, '');
const plainOrigin = (origin: string) => origin.toLowerCase().replace(/\/$/, '');

/** Returns the host of `host[:port]` in its normal form: lower case, no brackets, `127.1` in full. */
function hostOf(authority: string): string | undefined {
  const [, ipv6, name] = AUTHORITY.exec(authority) ?? [];
  if (ipv6 !== undefined) return isIP(ipv6) === 6 ? ipv6 : undefined;
  if (name === undefined) return undefined;
  // To browsers and the system, a host that ends in a number is an IPv4 address or invalid.
  if (/(^|\.)(\d+|0x[\da-f]*)\.?$/i.test(name)) return URL.parse(`http://${name}`)?.hostname;
  return plainName(name);
}

function originOf(referer: string | undefined): string | undefined {
  return referer === undefined ? undefined : (URL.parse(referer)?.origin ?? 'null');
}

/**
 * Tells whether a page comes from the host and port of its request. The scheme does not count, because a proxy may have
 * ended TLS.
 */
function isSameOrigin(origin: string, authority: string | undefined): boolean {
  const page = URL.parse(origin);
  if (page === null || authority === undefined || !/^https?:$/.test(page.protocol)) return false;
  return page.host !== '' && page.host === URL.parse(`${page.protocol}//${authority}`)?.host;
}

function asksJsonp(url: string): boolean {
  const mark = url.indexOf('?');
  return url.includes('jsonp=') && Boolean(new URLSearchParams(url.slice(mark + 1)).get('jsonp'));
}
