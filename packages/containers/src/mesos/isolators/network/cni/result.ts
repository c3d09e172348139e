import { isIP } from 'node:net';
import type { CniDNS } from '@meseta/protocol';
import { isObject, type JsonObject } from './json.ts';

/** What a plugin told of an attachment. */
export interface CniResult {
  /** Without the length of the prefix, in the plugin's order. */
  readonly addresses: readonly string[];
  readonly dns: CniDNS;
  /** All of it, for the next plugin, for CHECK and for DEL. */
  readonly document: JsonObject;
}

/**
 * Parses the result of ADD, in any version of the specification: `ips` since 0.3.0, `ip4` and `ip6` before.
 *
 * @returns a sentence with the problem when it is none.
 */
export function parseResult(text: string): CniResult | string {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    return `it answered with '${cut(text.trim())}', which is not JSON`;
  }
  if (!isObject(document)) return `it answered with '${cut(text.trim())}', which is not a JSON object`;
  const { ips = [], ip4, ip6, dns = {} } = document;
  if (!Array.isArray(ips)) return "'ips' of its result is not a list";
  if (!isObject(dns)) return "'dns' of its result is not an object";
  const given = [...ips.map(each => isObject(each) && each.address), ...old(ip4), ...old(ip6)];
  const addresses = given.map(address => (typeof address === 'string' ? address.replace(/\/.*$/, '') : ''));
  const wrong = addresses.findIndex(address => isIP(address) === 0);
  if (wrong >= 0) return `its result has an address that is none: ${cut(JSON.stringify(given[wrong]) ?? 'missing')}`;
  return { addresses, dns: dnsOf(dns), document };
}

const old = (config: unknown): unknown[] => (isObject(config) ? [config.ip] : []);

function dnsOf({ nameservers, domain, search, options }: JsonObject): CniDNS {
  return {
    nameservers: strings(nameservers),
    ...(typeof domain === 'string' && domain !== '' && { domain }),
    search: strings(search),
    options: strings(options),
  };
}

const strings = (list: unknown): string[] =>
  Array.isArray(list) ? list.filter((each): each is string => typeof each === 'string') : [];

/** Shortens a text for an error. */
export function cut(text: string, length = 300): string {
  return text.length > length ? `${text.slice(0, length)}…` : text;
}
