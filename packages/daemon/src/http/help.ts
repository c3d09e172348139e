/** `/help`: what the route tables say, as a page for people or as JSON. */
import { failure, json, type Request, type Response } from '@meseta/process';
import { type DaemonRoute, handlersOf, openTo } from './router.ts';

/** A route and the actor it belongs to, as `DaemonRouter.routes` lists them. */
export interface ActorRoute {
  readonly actor: string;
  readonly route: DaemonRoute;
}

const endpoint = ({ actor, route }: ActorRoute) => `/${actor}${route.path === '/' ? '' : route.path}`;

/** Renders one endpoint as Markdown. The endpoint reference is made of this text too. */
export function endpointMarkdown(entry: ActorRoute): string {
  const { help, realm } = entry.route;
  const methods = methodsOf(entry.route);
  const items = (values: Readonly<Record<string, string>> = {}) =>
    Object.entries(values).map(([name, meaning]) => `- \`${name}\`: ${meaning}`);
  const section = (title: string, lines: readonly string[]) =>
    lines.length > 0 ? ['', `${title}:`, '', ...lines] : [];
  return [
    `### ${endpoint(entry)}`,
    '',
    help.summary,
    ...(help.description ? ['', help.description] : []),
    ...section('Parameters', items(help.parameters)),
    ...section('Answers', items(help.statuses)),
    ...(methods ? ['', `Methods: ${methods.join(', ')}.`] : []),
    ...(realm ? ['', `Authentication realm: ${realm}.`] : []),
    ...authorization(entry.route),
    '',
  ].join('\n');
}

function methodsOf(route: DaemonRoute): readonly string[] | undefined {
  if (route.methods) return route.methods;
  const methods = handlersOf(route).flatMap(([method]) => method ?? []);
  return methods.length > 0 ? methods : undefined;
}

/** What is asked before an answer is given, in the words of Mesos's actions. */
function authorization(route: DaemonRoute): string[] {
  return handlersOf(route).flatMap(([method, { access }]) => {
    const of = method === undefined ? '' : ` of ${method}`;
    if ('defers' in access) return ['', `Authorization${of}: ${access.defers}`];
    const asks = 'asks' in access ? ['', `Authorization${of}: ${access.asks.join(', ')}.`] : [];
    const { filters } = { filters: undefined, ...access };
    return filters ? [...asks, '', `Authorization${of}: shows what ${filters.join(', ')} let through.`] : asks;
  });
}

const documentation = 'It is documentation.';

function html(value: string): string {
  return value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

function page(title: string, body: string): Response {
  const style = 'body{font:15px/1.5 sans-serif;max-width:50em;margin:2em auto;padding:0 1em}pre{white-space:pre-wrap}';
  return {
    status: 200,
    headers: { 'Content-Type': 'text/html; charset=utf-8' },
    body: `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${html(title)}</title><style>${style}</style></head><body><h1>${html(title)}</h1>${body}</body></html>\n`,
  };
}

function list(entries: readonly ActorRoute[]): string {
  const items = entries.map(entry => {
    const name = endpoint(entry);
    return `<li><a href="/help${html(encodeURI(name))}">${html(name)}</a> ${html(entry.route.help.summary)}</li>`;
  });
  return `<ul>${items.join('')}</ul>`;
}

/** The form that Mesos's `/help?format=json` has. */
function asJson(entries: readonly ActorRoute[], request: Request): Response {
  const processes = [...Map.groupBy(entries, ({ actor }) => actor)].map(([id, each]) => ({
    id,
    endpoints: each.map(entry => ({ name: entry.route.path, text: endpointMarkdown(entry) })),
  }));
  return json({ processes }, request);
}

function actorHelp(actor: string, entries: readonly ActorRoute[], request: Request): Response {
  const own = entries.filter(entry => entry.actor === actor);
  if (request.query.get('format') === 'json') return asJson(own, request);
  if (request.rest === '' || request.rest === '/') return page(`/${actor}`, list(own));
  const found = own.find(({ route }) => route.path === request.rest);
  if (!found) return failure('HELP_NOT_FOUND', `No help available for '/${actor}${request.rest}'.\n`);
  return page(endpoint(found), `<pre>${html(endpointMarkdown(found))}</pre>`);
}

/**
 * Returns the routes of the actor `help`, which describe all other actors' routes: add them last.
 *
 * @param known what there is to describe: `[...router.routes()]`.
 */
export function helpRoutes(known: readonly ActorRoute[]): DaemonRoute[] {
  const summary = 'Describes the endpoints.';
  const parameters = { format: 'json, or absent for a page.' };
  const actors = [...new Set(known.map(({ actor }) => actor))];
  return [
    {
      path: '/',
      realm: undefined,
      help: { summary, parameters },
      does: openTo(documentation, request =>
        request.query.get('format') === 'json' ? asJson(known, request) : page('Endpoints', list(known)),
      ),
    },
    ...actors.map(
      (actor): DaemonRoute => ({
        path: `/${actor}`,
        realm: undefined,
        help: { summary: `Describes the endpoints of ${actor}.`, parameters },
        does: openTo(documentation, request => actorHelp(actor, known, request)),
      }),
    ),
  ];
}
