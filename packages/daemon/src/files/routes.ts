/** `/files/{browse,read,download,debug}`. */
import { failure, HttpError, json, type Request, type Response } from '@meseta/process';
import type { Realm } from '../access/access-control.ts';
import { asksFor, type DaemonRoute, defersTo } from '../http/router.ts';
import { fileContent } from './content.ts';
import { contentType } from './content-type.ts';
import { FilesError } from './error.ts';
import type { Files } from './files.ts';
import { modeText } from './mode.ts';
import { parseRange } from './range.ts';
import { utf8Text } from './utf8.ts';

function pathOf(request: Request): string {
  const path = request.query.get('path');
  if (!path) throw new HttpError('PARAMETER_MISSING', "Expecting 'path=value' in query.\n");
  return path.startsWith('file://') ? path.slice('file://'.length) : path;
}

/** A parameter that is a whole number from -1 up; -1 when it is absent. */
function numberOf(request: Request, name: 'offset' | 'length'): number {
  const given = request.query.get(name);
  if (given === null) return -1;
  const value = Number(given);
  if (!/^[+-]?\d+$/.test(given) || !Number.isSafeInteger(value)) {
    throw new HttpError('PARAMETER_INVALID', `Failed to parse ${name}: Failed to convert '${given}' to number.\n`);
  }
  if (value < -1) {
    throw new HttpError('PARAMETER_INVALID', `Negative ${name} provided: ${value}.\n`);
  }
  return value;
}

async function answer(work: () => Promise<Response>): Promise<Response> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof FilesError) return failure(error.failure, error.message);
    throw error;
  }
}

async function browse(files: Files, request: Request): Promise<Response> {
  const listing = await files.browse(pathOf(request), request.principal);
  const shown = listing.map(({ path, nlink, size, mtime, mode, uid, gid }) => ({
    gid,
    mode: modeText(mode ?? 0),
    mtime: (mtime?.nanoseconds ?? 0) / 1e9,
    nlink,
    path,
    size,
    uid,
  }));
  return json(shown, request);
}

/** The offset -1 asks for the size, which comes back as the offset of no data. */
async function read(files: Files, request: Request): Promise<Response> {
  const path = pathOf(request);
  const offset = numberOf(request, 'offset');
  const length = numberOf(request, 'length');
  const wanted = offset === -1 ? 0 : length === -1 ? undefined : length;
  const { size, data } = await files.read(path, Math.max(0, offset), wanted, request.principal);
  return json({ data: utf8Text(data), offset: offset === -1 ? size : offset }, request);
}

/** By it, clients that follow a file find it again after it was renamed. */
const fileIdHeader = 'Meseta-File-Id';

async function download(files: Files, request: Request): Promise<Response> {
  const { handle, size, id, name } = await files.download(pathOf(request), request.principal);
  const range = parseRange(request.headers.range, size);
  if (range === 'unsatisfiable') {
    await handle.close();
    return failure('RANGE_UNSATISFIABLE', undefined, { 'Content-Range': `bytes */${size}`, [fileIdHeader]: id });
  }
  const { start, end } = range ?? { start: 0, end: size };
  return {
    status: range ? 206 : 200,
    headers: {
      [fileIdHeader]: id,
      'Content-Type': contentType(name),
      'Content-Disposition': disposition(name),
      'Content-Length': String(end - start),
      ...(range && { 'Content-Range': `bytes ${start}-${end - 1}/${size}` }),
    },
    body: fileContent(handle, start, end),
  };
}

/** Names with line breaks, quotes or foreign letters are encoded; plain ones are as Mesos sends them. */
function disposition(name: string): string {
  if (/^[\w.+@~-]+$/.test(name)) return `attachment; filename=${name}`;
  const plain = name.replace(/[^\w.+@~ -]/g, '_');
  const encoded = encodeURIComponent(name).replace(/['()*]/g, char => `%${char.charCodeAt(0).toString(16)}`);
  return `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`;
}

const status = { 400: 'The path is missing or not allowed.', 403: 'Not authorized.', 404: 'There is no such file.' };
const path = 'Virtual path of a file or directory.';

/**
 * Returns the routes of the actor `files`. The router also answers each under its old `.json` name.
 *
 * @param realm of authentication, such as `mesos-agent-readonly`.
 */
export function filesRoutes(files: Files, realm: Realm): DaemonRoute[] {
  const route = (
    name: string,
    handler: (files: Files, request: Request) => Promise<Response>,
    help: DaemonRoute['help'],
  ): DaemonRoute => ({
    path: name,
    realm,
    help,
    does: defersTo('every attached path asks for itself: ACCESS_SANDBOX or ACCESS_MESOS_LOG.', request =>
      answer(() => handler(files, request)),
    ),
  });
  return [
    route('/browse', browse, {
      summary: 'Lists a directory.',
      parameters: { path, jsonp: 'Name of a function to wrap the answer into.' },
      statuses: { 200: 'A list of files with mode, owner, size and time.', ...status },
    }),
    route('/read', read, {
      summary: 'Reads part of a file.',
      parameters: {
        path,
        offset: 'First byte; -1 or absent asks for the size, which comes back as the offset.',
        length: 'How many bytes, at most 65536; -1 or absent: as many as that.',
        jsonp: 'Name of a function to wrap the answer into.',
      },
      statuses: { 200: 'offset and data.', ...status },
    }),
    route('/download', download, {
      summary: 'Sends a whole file, or the bytes that the header Range asks for.',
      parameters: { path },
      statuses: {
        200: 'The file.',
        206: 'The range of it.',
        ...status,
        416: 'The file has none of these bytes; Content-Range tells its size.',
      },
    }),
    {
      path: '/debug',
      realm,
      help: {
        summary: 'Shows which virtual paths are attached, and to what.',
        statuses: { 200: 'An object of virtual to real paths.', 403: 'Not authorized.' },
      },
      does: asksFor('GET_ENDPOINT_WITH_PATH', { value: '/files/debug' }, async request =>
        json(await files.debug(), request),
      ),
    },
  ];
}
