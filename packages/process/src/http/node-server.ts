import type { Server } from 'node:http';
import type { HttpLimits } from './limits.ts';
import { createServer } from './node-http.ts';
import { protocolOf } from './upgrade-header.ts';

/**
 * Creates Node's HTTP server within the given limits. It answers nothing by itself: it has no listeners for requests
 * yet.
 *
 * @param upgrades protocols whose requests come as `upgrade`; others are requests like any.
 */
export function createNodeServer(
  { headerBytes, headersMs, keepAliveMs, connections }: HttpLimits,
  upgrades: ReadonlySet<string>,
): Server {
  const server = createServer({
    maxHeaderSize: headerBytes,
    headersTimeout: headersMs,
    connectionsCheckingInterval: Math.min(headersMs, 1000),
    requestTimeout: 0, // some calls stream their body for hours; bodies read whole have an idle time-out
    keepAliveTimeout: keepAliveMs,
    requireHostHeader: false,
    noDelay: true,
    keepAlive: true, // finds peers which vanished without a word
    keepAliveInitialDelay: 60_000,
    shouldUpgradeCallback: request => upgrades.has(protocolOf(request) ?? ''),
  });
  server.maxConnections = connections;
  server.maxHeadersCount = 0; // headers beyond it would be hidden from us, not from the parser; their bytes are limited
  return server;
}
