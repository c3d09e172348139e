import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { HostPort } from '../config/types.ts';
import type { Counters } from './counters.ts';

/**
 * Returns all metrics in Prometheus's text format; `servicelog.received.Total` becomes
 * `meseta_executor_servicelog_received_total`.
 */
export function prometheusText(counters: Counters): string {
  const lines = counters.all().flatMap(([name, value]) => {
    const base = `meseta_executor_${name
      .replaceAll('.', '_')
      .replace(/([a-z])([A-Z])/g, '$1_$2')
      .toLowerCase()}`;
    const gauge = name.startsWith('system.');
    const full = gauge || base.endsWith('_total') ? base : `${base}_total`;
    return [`# TYPE ${full} ${gauge ? 'gauge' : 'counter'}`, `${full} ${value}`];
  });
  return `${lines.join('\n')}\n`;
}

/** Serves `/metrics` by HTTP. @throws when the server cannot listen on the address. */
export async function servePrometheus(counters: Counters, { host, port }: HostPort): Promise<Server> {
  const server = createServer((request, response) => {
    if (request.method !== 'GET' || request.url?.split('?')[0] !== '/metrics') return response.writeHead(404).end();
    return response.writeHead(200, { 'Content-Type': 'text/plain; version=0.0.4' }).end(prometheusText(counters));
  });
  server.listen(port, host || undefined);
  await once(server, 'listening');
  server.unref();
  return server;
}
