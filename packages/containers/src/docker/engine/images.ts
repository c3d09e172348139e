import type { Readable } from 'node:stream';
import { withAdvice } from './advice.ts';
import { readImage } from './answers.ts';
import type { EngineImages, PullOptions } from './docker-engine.ts';
import { EngineError, type EngineErrorCode } from './error.ts';
import { jsonLines } from './json-lines.ts';
import { imagePath } from './paths.ts';
import { readProgress } from './pull-progress.ts';
import { PullSummary } from './pull-summary.ts';
import { accountHeaders } from './registry-account.ts';
import { engineStream } from './streams.ts';
import type { CallOptions, EngineRequest, EngineTransport } from './transport.ts';
import { unlessMissing } from './unless-missing.ts';

/** The limit of uploads, unless the caller has one. */
const uploadMs = 10 * 60_000;

/** The images of the engine behind a transport. */
export function engineImages(transport: EngineTransport): EngineImages {
  return {
    async inspect(name, options) {
      const action = `inspect image ${name}`;
      const request = { action, method: 'GET', path: `${imagePath(transport, name, action)}/json` } as const;
      return unlessMissing(transport.json({ ...request, ...options }, readImage), undefined);
    },
    async pull(name, options = {}) {
      const [fromImage, tag] = splitTag(name);
      const request = { action: `pull image ${name}`, path: '/images/create', query: { fromImage, tag } };
      await follow(transport, request, options);
    },
    async push(name, options = {}) {
      const [repository, tag] = splitTag(name);
      const action = `push image ${name}`;
      const path = `${imagePath(transport, repository, action)}/push`;
      const account = options.account ?? { serveraddress: '' }; // the engine wants the header in any case
      await follow(transport, { action, path, query: { tag } }, { ...options, account });
    },
    async import(archive, name, options = {}) {
      const [repo, tag] = splitTag(name);
      const request = upload(`import image ${name}`, '/images/create', archive, options);
      const query = { fromSrc: '-', repo, tag, changes: options.changes };
      const { text } = await transport.callApart({ ...request, query });
      const last = text.trim().split('\n').at(-1) ?? '';
      const { error, status } = transport.parse(request.action, last, readProgress);
      if (error !== undefined) throw streamError(transport, request.action, error);
      return status;
    },
    async load(archive, options = {}) {
      const request = upload('load images', '/images/load', archive, options);
      const { text } = await transport.callApart({ ...request, query: { quiet: true } });
      const lines = text.trim().split('\n');
      const all = lines.map(line => transport.parse(request.action, line, readProgress));
      const failed = all.find(({ error }) => error !== undefined);
      if (failed?.error !== undefined) throw streamError(transport, request.action, failed.error);
      return all.map(({ status }) => status).join('\n');
    },
    async tag(name, repository, tag, options) {
      const action = `tag image ${name} as ${repository}:${tag}`;
      const path = `${imagePath(transport, name, action)}/tag`;
      await transport.call({ action, method: 'POST', path, query: { repo: repository, tag }, ...options });
    },
    async remove(name, { force, ...options } = {}) {
      const action = `remove image ${name}`;
      const path = imagePath(transport, name, action);
      const request = { action, method: 'DELETE', path, query: { force } } as const;
      const removed = transport.call({ ...request, ...options }).then(() => true);
      return unlessMissing(removed, false);
    },
  };
}

function upload(action: string, path: string, content: Readable | Buffer, options: CallOptions): EngineRequest {
  const { timeoutMs = uploadMs, signal } = options;
  return { action, method: 'POST', path, content, timeoutMs, signal };
}

/** Reads the progress of a pull or push to its end. */
async function follow(
  transport: EngineTransport,
  { action, path, query }: Pick<EngineRequest, 'action' | 'path' | 'query'>,
  { account, platform, onProgress, onLine, timeoutMs, signal }: PullOptions,
): Promise<void> {
  const time = timeoutMs === undefined ? undefined : AbortSignal.timeout(timeoutMs);
  const signals = [signal, time].filter(each => each !== undefined);
  const limit = signals.length === 0 ? undefined : AbortSignal.any(signals);
  const request: EngineRequest = {
    action,
    method: 'POST',
    path,
    query: { ...query, platform },
    headers: accountHeaders(account),
    signal: limit,
    timeoutMs: 0, // the engine answers when the registry did
  };
  const summary = new PullSummary();
  try {
    const body = await transport.open(request);
    const progress = engineStream(transport, body, source => jsonLines(source), request);
    for await (const json of progress) {
      const message = readProgress(json);
      if (message.error !== undefined) throw streamError(transport, action, message.error);
      onProgress?.(message);
      const line = summary.add(message);
      if (line !== undefined) onLine?.(line);
    }
  } catch (error) {
    if (error instanceof EngineError && error.code === 'ENGINE') throw registryError(error);
    if (!time?.aborted || signal?.aborted) throw error;
    const problem = `it took longer than ${(timeoutMs ?? 0) / 1000} s`;
    throw new EngineError('TIMEOUT', { action, endpoint: transport.where, problem, cause: error });
  }
}

/** What registries say, in the engine's words; the first that fits decides. */
const registryAnswers: readonly (readonly [RegExp, EngineErrorCode])[] = [
  [
    /unauthorized|authentication required|no basic auth|access .*denied|incorrect username or password/i,
    'UNAUTHORIZED',
  ],
  [/manifest unknown|not found|does not exist|no such image/i, 'NOT_FOUND'],
];

/** Returns the error of an answer that blames the registry. */
function registryError(error: EngineError): EngineError {
  const { action, endpoint, status, engineMessage } = error;
  if (engineMessage === undefined) return error;
  const [, code = 'ENGINE'] = registryAnswers.find(([form]) => form.test(engineMessage)) ?? [];
  const problem = withAdvice(engineMessage);
  return new EngineError(code, { action, endpoint, problem, status, engineMessage, cause: error });
}

/** Explains an error within a stream whose status was a success. */
function streamError({ where }: EngineTransport, action: string, error: string): EngineError {
  return new EngineError('ENGINE', { action, endpoint: where, problem: withAdvice(error), engineMessage: error });
}

/** Splits `repository:tag`, or `repository@digest`, of which the engine takes the digest in place of the tag. */
function splitTag(name: string): [repository: string, tag: string] {
  const at = name.indexOf('@');
  if (at >= 0) return [name.slice(0, at).replace(/:[^:/]*$/, ''), name.slice(at + 1)];
  const colon = name.lastIndexOf(':');
  return colon > name.lastIndexOf('/') ? [name.slice(0, colon), name.slice(colon + 1)] : [name, 'latest'];
}
