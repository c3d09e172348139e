/** Endpoints about the master itself: `/`, `/redirect`, and the registry. */
import { type DaemonRoute, jsonPieces, openTo, shows } from '@meseta/daemon';
import { accepts, json, pieces, type Request, type Response } from '@meseta/process';
import { mesosVersion, productVersion } from '@meseta/system';
import type { MasterContext } from '../context.ts';
import { registryActions, registryView } from '../views/index.ts';
import { redirectRoute } from './redirect.ts';
import { jsonp, readonlyRealm } from './route.ts';

/** Returns the routes `/` and `/registry`, which concern the master itself. */
export function selfRoutes(context: MasterContext): DaemonRoute[] {
  return [
    {
      path: '/',
      realm: undefined,
      methods: ['GET'],
      help: {
        summary: 'The web UI.',
        description:
          'Where it is not built, a page with links. JSON that says what this is where that is accepted and HTML is not.',
        statuses: { 200: 'A page, or JSON.' },
      },
      does: openTo('It says where everything else is.', request => greet(context, request)),
    },
    redirectRoute(() => ({ leader: context.info, own: context.info })),
  ];
}

/** The route of the actor `registrar(1)`. */
export function registryRoutes(context: MasterContext): DaemonRoute[] {
  return [
    {
      path: '/registry',
      realm: readonlyRealm,
      help: {
        summary:
          'Shows what the master keeps for its successors; of unreachable agents that this master lost, also host and port.',
        parameters: jsonp,
        statuses: { 200: 'The registry.', 503: 'It has not been read yet.' },
      },
      does: shows(registryActions, (request, see) => pieces(jsonPieces(registryView(context, see)), request)),
    },
  ];
}

const links: Readonly<Record<string, string>> = {
  '/state': 'everything the master knows',
  '/state-summary': 'agents and frameworks, with counts of tasks',
  '/slaves': 'agents',
  '/frameworks': 'frameworks',
  '/tasks': 'tasks, newest first',
  '/roles': 'roles',
  '/unoffered': 'why agents are not offered to frameworks',
  '/metrics/snapshot': 'metrics',
  '/metrics/prometheus': 'metrics for Prometheus',
  '/flags': 'flags',
  '/version': 'version',
  '/help': 'all endpoints',
};

async function greet({ id, info, webUi }: MasterContext, request: Request): Promise<Response> {
  const { accept } = request.headers;
  const about = { name: 'Meseta master', meseta_version: productVersion, version: mesosVersion, id, pid: info.pid };
  if (accept !== undefined && !accepts(accept, 'text/html') && accepts(accept, 'application/json')) {
    return json({ ...about, endpoints: links }, request);
  }
  const page = await webUi.page(request);
  if (page) return page;
  const items = Object.entries(links).map(([path, what]) => `<li><a href="${path}">${path}</a> ${what}</li>`);
  const body = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${about.name}</title>
<style>body{font:15px/1.5 sans-serif;max-width:50em;margin:2em auto;padding:0 1em}</style></head>
<body><h1>${about.name}</h1>
<p>Meseta ${productVersion}, which speaks the protocols of Apache Mesos ${mesosVersion}. Master ${id}.</p>
<p>The web UI is not built: run <code>npm run web</code> in Meseta's checkout.</p>
<ul>
${items.join('\n')}
</ul></body></html>
`;
  return { status: 200, headers: { 'Content-Type': 'text/html; charset=utf-8' }, body };
}
