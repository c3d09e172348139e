/** The web UI: its page at `/`, and its files. */
import { randomBytes } from 'node:crypto';
import { contentType, type DaemonRoute, openTo } from '@meseta/daemon';
import { acceptsCoding, failure, type Request, type Response } from '@meseta/process';
import { type Assets, readAsset, readAssets } from './assets.ts';

/** Where the files of a web UI are. */
export interface WebUiPlace {
  readonly directory: string;
  /** It is Meseta's own, whose files need nothing but themselves. Others decide for themselves what they may load. */
  readonly isOwn: boolean;
}

/** A web UI that is served. */
export interface WebUi {
  /** Answers with its page; undefined: there is none, because it is not built. */
  page(request: Request): Promise<Response | undefined>;
  /** The routes of its files. */
  readonly routes: readonly DaemonRoute[];
}

/** No web UI. */
export const noWebUi: WebUi = { page: async () => undefined, routes: [] };

/** A web UI that was asked for by a flag is not there. */
export class WebUiError extends Error {
  override readonly name = 'WebUiError';
  readonly code = 'WEB_UI_MISSING';
}

/**
 * What the page may do: load its own scripts and styles, and talk to the master that it comes from. Nothing of it may be in a page of
 * others, and no text may become a script.
 */
const policy = (styleNonce?: string) =>
  [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    ...(styleNonce === undefined ? [] : [`style-src-elem 'self' 'nonce-${styleNonce}'`]),
    "img-src 'self'",
    "connect-src 'self'",
    "worker-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    'trusted-types meseta',
  ].join('; ');

/** Stands in the page for a nonce of its own, by which the terminal's style elements are allowed. */
const nonceMark = 'STYLE-NONCE';

const always = { 'X-Content-Type-Options': 'nosniff', 'Referrer-Policy': 'no-referrer', Vary: 'Accept-Encoding' };

/** Names that have a hash of the contents: what is there once is there for ever. */
const hashed = /-[\w-]{8}\.\w+$/;

/** The folders of Meseta's UI and of Apache Mesos's. */
const folders = ['/assets', '/app'];

/**
 * Opens a web UI.
 *
 * @throws {WebUiError} when it is not Meseta's own, and has no `index.html`.
 */
export async function openWebUi(place: WebUiPlace | undefined): Promise<WebUi> {
  if (place === undefined) return noWebUi;
  const { directory, isOwn } = place;
  // Listed again for each page, as it may be built while the master runs. No request can name a file that is not in the list.
  let assets = await readAssets(directory);
  if (!isOwn && assets === undefined) {
    throw new WebUiError(
      `There is no web UI in '${directory}' (--webui_dir): it has no index.html. Leave out the flag to serve Meseta's own`,
    );
  }
  return {
    async page(request) {
      assets = await readAssets(directory);
      return assets && (isOwn ? servePage(assets) : serve(assets, 'index.html', isOwn, request));
    },
    routes: folders.map(
      (path): DaemonRoute => ({
        path,
        methods: ['GET'],
        realm: undefined,
        help: { summary: 'Files of the web UI.', statuses: { 200: 'A file.', 404: 'There is no such file.' } },
        does: openTo('The files are the same for everybody, and tell nothing about the cluster.', request =>
          serve(assets, `${path}${request.rest}`.slice(1), isOwn, request),
        ),
      }),
    ),
  };
}

/** Each page has a nonce that no other has, so it is compressed for each, if at all. */
async function servePage(assets: Assets): Promise<Response> {
  const asset = assets.get('index.html');
  const read = asset && (await readAsset(asset, () => false));
  if (read === undefined) return failure('ROUTE_NOT_FOUND');
  const nonce = randomBytes(18).toString('base64');
  return {
    status: 200,
    headers: {
      ...always,
      'Content-Type': contentType('index.html'),
      'Cache-Control': 'no-cache',
      'Content-Security-Policy': policy(nonce),
    },
    body: read.body.toString('utf8').replace(nonceMark, nonce),
  };
}

async function serve(
  assets: Assets | undefined,
  name: string,
  isOwn: boolean,
  { headers }: Request,
): Promise<Response> {
  const asset = assets?.get(name);
  const read = asset && (await readAsset(asset, each => acceptsCoding(headers['accept-encoding'], each)));
  if (read === undefined) return failure('ROUTE_NOT_FOUND');
  const { body, coding } = read;
  return {
    status: 200,
    headers: {
      ...always,
      'Content-Type': contentType(name),
      'Cache-Control': isOwn && hashed.test(name) ? 'public, max-age=31536000, immutable' : 'no-cache',
      ...(isOwn && { 'Content-Security-Policy': policy() }),
      ...(coding && { 'Content-Encoding': coding }),
    },
    body,
  };
}
