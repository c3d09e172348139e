import { readInfo, readVersion } from './answers.ts';
import { formatApiVersion } from './api-version.ts';
import { engineContainers } from './containers.ts';
import type { DockerEngine } from './docker-engine.ts';
import type { EngineEndpoint } from './endpoint.ts';
import { filtersQuery, readEvent } from './events.ts';
import { engineExecs } from './execs.ts';
import { engineImages } from './images.ts';
import { jsonLines } from './json-lines.ts';
import { engineStream } from './streams.ts';
import { type EngineRequest, EngineTransport, type TransportOptions } from './transport.ts';

/** Creates a client of an engine. Nothing is connected to before the first call. */
export function createDockerEngine(endpoint: EngineEndpoint, options: TransportOptions = {}): DockerEngine {
  const transport = new EngineTransport(endpoint, options);
  return {
    endpoint: transport.where,
    async ping(call) {
      await transport.callUnversioned({ action: 'reach the engine', method: 'GET', path: '/_ping', ...call });
    },
    async version(call) {
      const request = { action: 'learn the version of the engine', method: 'GET', path: '/version', ...call } as const;
      const { text } = await transport.callUnversioned(request);
      return transport.parse(request.action, text, readVersion);
    },
    info(call) {
      return transport.json({ action: 'learn about the engine', method: 'GET', path: '/info', ...call }, readInfo);
    },
    async apiVersion(call) {
      return formatApiVersion(await transport.apiVersion(call?.signal));
    },
    async events({ filters, since, until, ...call } = {}) {
      const request: EngineRequest = {
        action: 'watch events',
        method: 'GET',
        path: '/events',
        query: { filters: filtersQuery(filters), since: timestamp(since), until: timestamp(until) },
        ...call,
      };
      return engineStream(transport, await transport.open(request), readEvents, request);
    },
    images: engineImages(transport),
    containers: engineContainers(transport),
    execs: engineExecs(transport),
    close: () => transport.close(),
  };
}

async function* readEvents(source: AsyncIterable<Buffer>) {
  for await (const json of jsonLines(source)) yield readEvent(json);
}

/** Returns nanoseconds as the engine wants them: seconds with nine decimals. */
function timestamp(ns: number | undefined): string | undefined {
  if (ns === undefined) return undefined;
  const whole = BigInt(Math.trunc(ns));
  return `${whole / 1_000_000_000n}.${String(whole % 1_000_000_000n).padStart(9, '0')}`;
}
