import { parseDuration } from '@meseta/flags';
import { failure, pieces, type Request, type Response } from '@meseta/process';
import type { Metrics } from '@meseta/telemetry';
import type { Realm } from '../access/access-control.ts';
import { asksFor, type DaemonRoute } from './router.ts';

/** All gauges answer at once, so a time-out leaves nothing out; a wrong one is an error all the same. */
function badTimeout(request: Request): Response | undefined {
  const timeout = request.query.get('timeout');
  if (timeout === null) return undefined;
  try {
    parseDuration(timeout);
    return undefined;
  } catch (error) {
    return failure('PARAMETER_INVALID', `Invalid timeout '${timeout}': ${(error as Error).message}.\n`);
  }
}

/** With a hundred thousand metrics the whole object takes long to make: it is made while it is sent. */
function* snapshotText(metrics: Metrics): Generator<string> {
  let separator = '{';
  for (const entry of metrics.entriesInSteps()) {
    if (entry === undefined) {
      yield '';
      continue;
    }
    const [name, value] = entry;
    yield `${separator}${JSON.stringify(name)}:${value}`;
    separator = ',';
  }
  yield separator === '{' ? '{}' : '}';
}

/** Returns the routes of the actor `metrics`: `/metrics/snapshot` and `/metrics/prometheus`. */
export function metricsRoutes(metrics: Metrics, realm: Realm): DaemonRoute[] {
  return [
    {
      path: '/snapshot',
      realm,
      help: {
        summary: 'Shows all metrics.',
        parameters: {
          timeout: 'Longest time to wait for metrics, such as 5secs.',
          jsonp: 'Name of a function to wrap the answer into.',
        },
        statuses: { 200: 'An object of names to numbers.', 400: 'The time-out is not a duration.' },
      },
      does: asksFor(
        'GET_ENDPOINT_WITH_PATH',
        { value: '/metrics/snapshot' },
        request => badTimeout(request) ?? pieces(snapshotText(metrics), request),
      ),
    },
    {
      path: '/prometheus',
      realm,
      help: {
        summary: "Shows all metrics in Prometheus's text format.",
        statuses: { 200: 'Families with HELP and TYPE; data in names becomes labels.' },
      },
      // The same numbers need the same permission: rules that were written for Mesos know no other path.
      does: asksFor('GET_ENDPOINT_WITH_PATH', { value: '/metrics/snapshot' }, request => {
        const answer = pieces(metrics.prometheus(), request);
        if (answer.status !== 200) return answer;
        return {
          ...answer,
          headers: { ...answer.headers, 'Content-Type': 'text/plain; version=0.0.4; charset=utf-8' },
        };
      }),
    },
  ];
}
