import { readContainer, readContainers, readCreated, readStats, readWait } from './answers.ts';
import type { EngineContainers } from './docker-engine.ts';
import { EngineError } from './error.ts';
import { filtersQuery } from './events.ts';
import { Fields } from './fields.ts';
import { isTooLarge, listInPages } from './list-in-pages.ts';
import { formatSince } from './log-time.ts';
import { noDetachKeys } from './no-detach-keys.ts';
import { outputOf } from './output.ts';
import { containerPath } from './paths.ts';
import { attachedStream, engineStream } from './streams.ts';
import type { EngineRequest, EngineTransport } from './transport.ts';
import { unlessMissing } from './unless-missing.ts';

/** Lists may be long: each container has about a kilobyte. What is longer is read in pages. */
const listBytes = 64 * 1024 * 1024;
/** How much longer than its grace period a stop may take. */
const stopMs = 60_000;

/** The containers of the engine behind a transport. */
export function engineContainers(transport: EngineTransport): EngineContainers {
  const at = (action: string, id: string) => ({ action, path: containerPath(transport, id, action) });
  const below = (action: string, id: string, verb: string) => {
    const { path } = at(action, id);
    return { action, path: `${path}/${verb}` };
  };
  const post = async (action: string, id: string, verb: string, more: Partial<EngineRequest> = {}) =>
    transport.call({ ...below(`${action} container ${id}`, id, verb), method: 'POST', ...more });

  return {
    create(name, json, options) {
      const request = { action: `create container ${name}`, method: 'POST', path: '/containers/create' } as const;
      return transport.json({ ...request, query: { name }, json, ...options }, readCreated);
    },
    async start(id, options) {
      const { status } = await post('start', id, 'start', options);
      return status !== 304;
    },
    async inspect(id, options) {
      const request = { ...below(`inspect container ${id}`, id, 'json'), method: 'GET' } as const;
      return unlessMissing(transport.json({ ...request, ...options }, readContainer), undefined);
    },
    async list({ all, filters, ...options } = {}) {
      const request = { action: 'list containers', method: 'GET', path: '/containers/json' } as const;
      const list = (query: EngineRequest['query']) =>
        transport.json({ ...request, query: { all, ...query }, maximumBytes: listBytes, ...options }, readContainers);
      try {
        return await list({ filters: filtersQuery(filters) });
      } catch (error) {
        if (!all || !isTooLarge(error)) throw error;
        return listInPages((limit, before) =>
          list({ limit, filters: filtersQuery({ ...filters, ...(before !== undefined && { before: [before] }) }) }),
        );
      }
    },
    async wait(id, { condition, signal, timeoutMs = 0 } = {}) {
      const request: EngineRequest = {
        ...below(`wait for container ${id}`, id, 'wait'),
        method: 'POST',
        query: { condition },
        signal,
        timeoutMs,
      };
      return transport.jsonApart(request, readWait);
    },
    kill(id, signal, options) {
      return unlessEnded(post('kill', id, 'kill', { query: { signal }, ...options }).then(() => true));
    },
    async stop(id, graceSeconds, options = {}) {
      const { signal, timeoutMs = graceSeconds * 1000 + stopMs } = options;
      const query = { t: Math.ceil(graceSeconds) };
      const stopped = transport.callApart({
        ...below(`stop container ${id}`, id, 'stop'),
        method: 'POST',
        query,
        signal,
        timeoutMs,
      });
      return unlessMissing(
        stopped.then(({ status }) => status !== 304),
        false,
      );
    },
    async remove(id, { force, ...options } = {}) {
      const request = { ...at(`remove container ${id}`, id), method: 'DELETE' } as const;
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
      const request = { ...below(`update container ${id}`, id, 'update'), method: 'POST', json } as const;
      return transport.json({ ...request, ...options }, answer => new Fields(answer).texts('Warnings'));
    },
    async stats(id, options) {
      const request = { ...below(`read the usage of container ${id}`, id, 'stats'), method: 'GET' } as const;
      const query = { stream: false, 'one-shot': true };
      const stats = await unlessMissing(transport.json({ ...request, query, ...options }, readStats), undefined);
      // The engine answers with zeros for one that does not run.
      return stats === undefined || stats.read.startsWith('0001-') ? undefined : stats;
    },
    async logs(id, { tty, stdout = true, stderr = true, follow = false, tail, sinceNs, timestamps, ...options }) {
      const request: EngineRequest = {
        ...below(`read the output of container ${id}`, id, 'logs'),
        method: 'GET',
        query: { stdout, stderr, follow, tail: tail ?? 'all', since: since(sinceNs), timestamps },
        ...options,
      };
      const body = await transport.open(request);
      return engineStream(transport, body, source => outputOf(source, tty), request);
    },
    async attach(id, { tty, stdin = false, stdout = true, stderr = true, logs = false, ...options }) {
      const request: EngineRequest = {
        ...below(`attach to container ${id}`, id, 'attach'),
        method: 'POST',
        query: { stream: true, stdin, stdout, stderr, logs, ...(tty && { detachKeys: noDetachKeys }) },
        ...options,
      };
      return attachedStream(transport, await transport.upgrade(request), tty, request);
    },
    async resize(id, rows, columns, options) {
      await post('resize the terminal of', id, 'resize', { query: { h: rows, w: columns }, ...options });
    },
  };
}

/** The engine takes 0 for the beginning, too. */
function since(ns: bigint | undefined): string | undefined {
  return ns === undefined ? undefined : formatSince(ns);
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
