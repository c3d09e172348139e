import { readContainer, readContainers, readCreated, readStats, readWait } from './answers.ts';
import type { EngineContainers } from './docker-engine.ts';
import { EngineError } from './error.ts';
import { filtersQuery } from './events.ts';
import { Fields } from './fields.ts';
import { outputOf } from './output.ts';
import { attachedStream, engineStream } from './streams.ts';
import type { EngineRequest, EngineTransport } from './transport.ts';
import { unlessMissing } from './unless-missing.ts';

/** Lists may be long: each container has about a kilobyte. */
const listBytes = 64 * 1024 * 1024;
/** How much longer than its grace period a stop may take. */
const stopMs = 60_000;

/** The containers of the engine behind a transport. */
export function engineContainers(transport: EngineTransport): EngineContainers {
  const post = (action: string, id: string, verb: string, more: Partial<EngineRequest> = {}) =>
    transport.call({ action: `${action} container ${id}`, method: 'POST', path: `${pathOf(id)}/${verb}`, ...more });

  return {
    create(name, json, options) {
      const request = { action: `create container ${name}`, method: 'POST', path: '/containers/create' } as const;
      return transport.json({ ...request, query: { name }, json, ...options }, readCreated);
    },
    async start(id, options) {
      const { status } = await post('start', id, 'start', options);
      return status !== 304;
    },
    inspect(id, options) {
      const request = { action: `inspect container ${id}`, method: 'GET', path: `${pathOf(id)}/json` } as const;
      return unlessMissing(transport.json({ ...request, ...options }, readContainer), undefined);
    },
    list({ all, filters, ...options } = {}) {
      const query = { all, filters: filtersQuery(filters) };
      const request = { action: 'list containers', method: 'GET', path: '/containers/json', query } as const;
      return transport.json({ ...request, maximumBytes: listBytes, ...options }, readContainers);
    },
    async wait(id, { condition, signal, timeoutMs = 0 } = {}) {
      const request: EngineRequest = {
        action: `wait for container ${id}`,
        method: 'POST',
        path: `${pathOf(id)}/wait`,
        query: { condition },
        signal,
        timeoutMs,
      };
      return transport.jsonApart(request, readWait);
    },
    kill(id, signal, options) {
      return unlessEnded(post('kill', id, 'kill', { query: { signal }, ...options }).then(() => true));
    },
    stop(id, graceSeconds, options = {}) {
      const { signal, timeoutMs = graceSeconds * 1000 + stopMs } = options;
      const query = { t: Math.ceil(graceSeconds) };
      const stopped = transport.callApart({
        action: `stop container ${id}`,
        method: 'POST',
        path: `${pathOf(id)}/stop`,
        query,
        signal,
        timeoutMs,
      });
      return unlessMissing(
        stopped.then(({ status }) => status !== 304),
        false,
      );
    },
    remove(id, { force, ...options } = {}) {
      const request = { action: `remove container ${id}`, method: 'DELETE', path: pathOf(id) } as const;
      const removed = transport.call({ ...request, query: { v: true, force }, ...options });
      return unlessMissing(
        removed.then(
          () => true,
          error => {
            if (isBeingRemoved(error)) return false;
            throw error;
          },
        ),
        false,
      );
    },
    async rename(id, name, options) {
      await post(`rename to ${name}`, id, 'rename', { query: { name }, ...options });
    },
    async update(id, json, options) {
      const action = `update container ${id}`;
      const request = { action, method: 'POST', path: `${pathOf(id)}/update`, json } as const;
      return transport.json({ ...request, ...options }, answer => new Fields(answer).texts('Warnings'));
    },
    async stats(id, options) {
      const request = {
        action: `read the usage of container ${id}`,
        method: 'GET',
        path: `${pathOf(id)}/stats`,
      } as const;
      const query = { stream: false, 'one-shot': true };
      const stats = await unlessMissing(transport.json({ ...request, query, ...options }, readStats), undefined);
      // The engine answers with zeros for one that does not run.
      return stats === undefined || stats.read.startsWith('0001-') ? undefined : stats;
    },
    async logs(id, { tty, stdout = true, stderr = true, follow = false, tail, since, ...options }) {
      const request: EngineRequest = {
        action: `read the output of container ${id}`,
        method: 'GET',
        path: `${pathOf(id)}/logs`,
        query: { stdout, stderr, follow, tail: tail ?? 'all', since },
        ...options,
      };
      const body = await transport.open(request);
      return engineStream(transport, body, source => outputOf(source, tty), request);
    },
    async attach(id, { tty, stdin = false, stdout = true, stderr = true, logs = false, ...options }) {
      const request: EngineRequest = {
        action: `attach to container ${id}`,
        method: 'POST',
        path: `${pathOf(id)}/attach`,
        query: { stream: true, stdin, stdout, stderr, logs },
        ...options,
      };
      return attachedStream(transport, await transport.upgrade(request), tty, request);
    },
    async resize(id, rows, columns, options) {
      await post('resize the terminal of', id, 'resize', { query: { h: rows, w: columns }, ...options });
    },
  };
}

/** Ids and names come from outside: one with a slash must not name another path. */
function pathOf(id: string): string {
  return `/containers/${encodeURIComponent(id)}`;
}

/** Returns false when the container does not run, or is not there. */
function unlessEnded(call: Promise<boolean>): Promise<boolean> {
  const ended = call.catch(error => {
    if (error instanceof EngineError && error.code === 'CONFLICT') return false; // since API 1.37
    if (error instanceof EngineError && /is not running/i.test(error.engineMessage ?? '')) return false;
    throw error;
  });
  return unlessMissing(ended, false);
}

function isBeingRemoved(error: unknown): boolean {
  return error instanceof EngineError && /removal of container .* already in progress/i.test(error.engineMessage ?? '');
}
