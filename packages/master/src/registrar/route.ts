import { pieces, type Route } from '@meseta/process';
import type { Registrar } from './registrar.ts';

/** `/registrar(1)/registry`: the registry under its v0 names, piece by piece, since it may be large. */
export function registryRoute(registrar: Registrar): Route {
  return {
    path: '/registry',
    realm: 'mesos-master-readonly',
    help: {
      summary: 'Shows the registry.',
      parameters: { jsonp: 'Name of a function to wrap the answer into.' },
      statuses: { 200: 'The registry; {} before it is recovered.' },
    },
    handler: request => pieces(registrar.recovered ? registryJson(registrar) : ['{}'], request),
  };
}

function* registryJson({ registry }: Registrar): Generator<string> {
  const { agents: _, unreachable: __, gone: ___, ...concerns } = registry.toMessage();
  yield `${JSON.stringify(concerns).slice(0, -1)},"slaves":{"slaves":[`;
  yield* list(registry.agents.values());
  yield ']},"unreachable":{"slaves":[';
  yield* list(registry.unreachable.values());
  yield ']},"gone":{"slaves":[';
  yield* list(registry.gone.values());
  yield ']}}';
}

/** The iterators stand changes of the registry between two pieces. */
function* list(values: Iterable<unknown>): Generator<string> {
  let separator = '';
  for (const value of values) {
    yield separator + JSON.stringify(value);
    separator = ',';
  }
}
