import { json, text } from './reply.ts';
import type { Route, Router } from './router.ts';

/**
 * The table of the `help` actor: `/help` lists all routes of the router, `/help/<actor>` those of one, `?format=json`
 * as JSON. Add it last: it covers the actors which are there.
 *
 * @see Mesos 3rdparty/libprocess/src/help.cpp
 */
export function helpRoutes(router: Router): Route[] {
  const actors = [...new Set([...router.routes()].map(({ actor }) => actor))];
  const help = (only?: string): Route => ({
    path: only === undefined ? '/' : `/${only}`,
    help: { summary: only === undefined ? 'What this server answers.' : `What ${only} answers.` },
    handler: request => {
      const name = only === undefined ? '' : request.rest;
      const entries = [...router.routes()].filter(
        ({ actor, route }) => (only ?? actor) === actor && (name === '' || route.path === name),
      );
      if (entries.length === 0) return text(404);
      if (request.query.get('format') === 'json') return json(helpJson(entries), request);
      return text(200, entries.map(({ actor, route }) => markdown(actor, route)).join('\n'));
    },
  });
  return [help(), ...actors.map(help)];
}

interface Entry {
  readonly actor: string;
  readonly route: Route;
}

function helpJson(entries: readonly Entry[]): unknown {
  const byActor = Map.groupBy(entries, ({ actor }) => actor);
  const processes = [...byActor].map(([id, routes]) => ({
    id,
    endpoints: routes.map(({ route }) => ({ name: route.path, text: markdown(id, route) })),
  }));
  return { processes };
}

/** One route as Markdown, for /help and the endpoint reference. */
export function markdown(actor: string, route: Route): string {
  const { summary, description, parameters = {}, statuses = {} } = route.help;
  const methods = route.methods ? `${route.methods.join(', ')} ` : '';
  const lines = [`### ${methods}/${actor}${route.path === '/' ? '' : route.path}`, '', summary, ''];
  if (description) lines.push(description, '');
  if (route.realm) lines.push(`Authentication realm: \`${route.realm}\``, '');
  for (const [name, meaning] of Object.entries(parameters)) lines.push(`- \`${name}\`: ${meaning}`);
  for (const [status, meaning] of Object.entries(statuses)) lines.push(`- ${status}: ${meaning}`);
  return `${lines.join('\n').trimEnd()}\n`;
}
