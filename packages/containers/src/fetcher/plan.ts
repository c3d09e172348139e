import type { CommandInfoURI } from '@meseta/protocol';
import { type ArchiveKind, archiveKind } from './archives.ts';
import { FetchError } from './fetch-error.ts';

/** Where the contents of a URI come from. */
export type Source =
  /** `below`: the directory that the URI's path is relative to. */
  | { readonly kind: 'local'; readonly path: string; readonly below?: string }
  | { readonly kind: 'http' | 'ftp'; readonly uri: string }
  /** `scheme`: in lower case. For a plugin, or for Hadoop's client. */
  | { readonly kind: 'other'; readonly uri: string; readonly scheme: string };

/** What to do for one URI. */
export interface Item {
  readonly source: Source;
  /** The path in the sandbox: directories, then the file's name. */
  readonly destination: readonly [...string[], string];
  readonly executable: boolean;
  /** Undefined: the file is not extracted. */
  readonly archive: ArchiveKind | undefined;
  /** Extraction was requested, or the URI's path is that of an archive: the log says so if it is not extracted. */
  readonly asked: boolean;
  /** Fetched through the agent's cache. */
  readonly cached: boolean;
}

/** Linux's NAME_MAX. */
const maximumNameBytes = 255;

/**
 * Reads a URI by Mesos's rules: paths and `file://` are local, http(s) and ftp(s) are downloaded, other schemes are for
 * plugins and Hadoop's client. The file's name is what follows the last slash, a query included, or `output_file`; its suffix
 * decides whether it is an archive.
 *
 * @param frameworksHome the directory that relative paths are resolved in.
 * @throws {FetchError} for a URI that can never be fetched.
 * @see Mesos src/slave/containerizer/fetcher.cpp, basename and uriToLocalPath
 */
export function planItem(uri: CommandInfoURI, frameworksHome?: string): Item {
  const text = uri.value.trimStart();
  if (text === '') throw new FetchError('The URI is empty');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  if (/[\\'"\u0000-\u001f\u007f]/.test(text)) throw new FetchError('Illegal characters in URI');
  const source = sourceOf(text, frameworksHome);
  const destination =
    uri.output_file === undefined ? ([baseName(text, source.kind)] as const) : outputPath(uri.output_file);
  const executable = uri.executable ?? false;
  const extracts = !executable && (uri.extract ?? true);
  return {
    source,
    destination,
    executable,
    archive: extracts ? archiveKind(destination.at(-1) ?? '') : undefined,
    asked: extracts && (uri.extract === true || archiveKind(text.replace(/[?#].*$/s, '')) !== undefined),
    cached: uri.cache ?? false,
  };
}

function sourceOf(uri: string, frameworksHome: string | undefined): Source {
  const scheme = /^([^/]+):\/\//.exec(uri)?.[1]?.toLowerCase();
  if (scheme === 'http' || scheme === 'https') return { kind: 'http', uri };
  if (scheme === 'ftp' || scheme === 'ftps') return { kind: 'ftp', uri };
  if (scheme !== undefined && scheme !== 'file') return { kind: 'other', uri, scheme };
  const path = uri.replace(/^file:\/\/(localhost(?=\/))?/i, '');
  if (path.startsWith('/')) return { kind: 'local', path };
  if (scheme === 'file') throw new FetchError('A file URI needs an absolute path');
  if (!frameworksHome) throw new FetchError(relativePath(path));
  return { kind: 'local', path: `${frameworksHome}/${path}`, below: frameworksHome };
}

function relativePath(path: string): string {
  const needs = 'a relative path needs --frameworks_home, which the agent does not have';
  const colon = /^[a-z][a-z0-9+.-]*:/i.exec(path)?.[0];
  return colon === undefined ? `A${needs.slice(1)}` : `No '//' follows '${colon}', and ${needs}`;
}

function baseName(uri: string, kind: Source['kind']): string {
  const [, scheme, rest = ''] = /^(?:([^/]+):\/\/)?(.*)$/.exec(uri) ?? [];
  const path = scheme === undefined ? rest.replace(/\/+$/, '') : rest.slice(`${rest}/`.indexOf('/'));
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (name === '' && kind === 'local') throw new FetchError('It is a directory, and only files are fetched');
  if (name === '') throw new FetchError('The URI names no file: give the file a name with output_file');
  return checkName(name);
}

function outputPath(path: string): Item['destination'] {
  if (path.startsWith('/')) throw new FetchError(`output_file must not be an absolute path: ${path}`);
  const names = path.split('/').filter(name => name !== '' && name !== '.');
  const last = names.pop();
  if (last === undefined || path.endsWith('/')) throw new FetchError('output_file names no file');
  return [...names.map(checkName), checkName(last)];
}

function checkName(name: string): string {
  if (name === '.' || name === '..') throw new FetchError(`'${name}' leads out of the sandbox`);
  if (name.includes('\0')) throw new FetchError('Illegal characters in output_file');
  if (Buffer.byteLength(name) > maximumNameBytes) {
    throw new FetchError(`The file's name is longer than ${maximumNameBytes} bytes; use output_file`);
  }
  return name;
}
