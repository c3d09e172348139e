/** `/ui/history`: what the headline metrics were. */
import { asksFor, type DaemonRoute } from '@meseta/daemon';
import { HttpError, json, pieces, type Request } from '@meseta/process';
import type { Clock } from '@meseta/system';
import { type History, isWindow, type Span, type WindowName, windows } from './history.ts';

/** What a request asks for. */
interface HistoryQuery {
  readonly names: readonly string[];
  readonly window: WindowName;
  readonly since: number | undefined;
}

/** Makes the route. Who may see the metrics may see what they were. */
export function historyRoute(history: History, clock: Clock): DaemonRoute {
  return {
    path: '/ui/history',
    methods: ['GET'],
    realm: 'mesos-master-readonly',
    help: {
      summary:
        'Shows what metrics were in the last hour in steps of 5 seconds, or in the last day in steps of a minute.',
      description:
        'An object: `step_ms`, the length of a slot; `from` and `until`, the beginning of the first slot and the end of the last; `times`, ' +
        'when the sample of each slot was taken; `series`, by name, the value of each slot. Times are milliseconds since the epoch, ' +
        'values have the units of the metrics. `null` stands where there is no sample: the master did not lead, or was held up.',
      parameters: {
        names: 'Names of metrics, separated by commas. Default: the answer lists the names that there are.',
        window: '1h or 24h. Default: 1h.',
        since: 'The `until` of the answer before, for what is new since then. Default: the whole window.',
        jsonp: 'Name of a function to wrap the answer into.',
      },
      statuses: { 200: 'Times and values.', 400: 'A name, the window or the time is none of those allowed.' },
    },
    does: asksFor('GET_ENDPOINT_WITH_PATH', { value: '/metrics/snapshot' }, request => {
      if (!request.query.has('names')) return json(listOf(history), request);
      const { names, window, since } = readQuery(history, request);
      return pieces(answerPieces(history, window, history.span(window, clock.now(), since), names), request);
    }),
  };
}

const listOf = ({ series }: History) => ({
  names: series.map(({ name }) => name),
  windows: Object.fromEntries(
    Object.entries(windows).map(([name, { stepMs, size }]) => [name, { step_ms: stepMs, slots: size }]),
  ),
});

/** @throws {HttpError} 400, naming what is wrong and what is allowed. */
function readQuery(history: History, { query }: Request): HistoryQuery {
  const names = [...new Set((query.get('names') ?? '').split(','))];
  const unknown = names.find(name => !history.has(name));
  if (unknown !== undefined) {
    const allowed = history.series.map(({ name }) => name).join(', ');
    throw new HttpError('PARAMETER_INVALID', `There is no history of '${unknown}' in 'names'. Allowed: ${allowed}`);
  }
  const window = query.get('window') ?? '1h';
  if (!isWindow(window)) {
    const allowed = Object.keys(windows).join(' and ');
    throw new HttpError('PARAMETER_INVALID', `There is no window '${window}'. Allowed: ${allowed}`);
  }
  return { names, window, since: readTime(query.get('since')) };
}

function readTime(text: string | null): number | undefined {
  if (text === null) return undefined;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new HttpError('PARAMETER_INVALID', `Invalid 'since' '${text}'. Allowed: milliseconds since the epoch`);
}

function* answerPieces(history: History, window: WindowName, span: Span, names: readonly string[]): Generator<string> {
  const { stepMs, from, until } = span;
  // What is not a number becomes null.
  const times = JSON.stringify(history.times(window, span));
  yield `{"window":"${window}","step_ms":${stepMs},"from":${from},"until":${until},"times":${times},"series":{`;
  for (const [index, name] of names.entries()) {
    const values = JSON.stringify(history.values(window, span, name));
    yield `${index === 0 ? '' : ','}${JSON.stringify(name)}:${values}`;
  }
  yield '}}';
}
