import { useLocation, useNavigate, useSearch } from '@tanstack/react-router';
import { useMemo } from 'react';
import { Trouble } from '../answers/trouble.tsx';
import { WhenAnswered } from '../answers/when-answered.tsx';
import { type HistoryWindow, slotTimes } from '../history/history-data.ts';
import { useHistory } from '../history/use-history.ts';
import { metricRows } from '../metrics/metric-rows.ts';
import { type KnownMetrics, type Metrics, useHistoryNames, useMetrics } from '../metrics/use-metrics.ts';
import type { ColumnSpec } from '../ui/body-row.tsx';
import { DataTable, useRange } from '../ui/data-table.tsx';
import { FilterBox } from '../ui/filter-box.tsx';
import { countOf } from '../ui/format.ts';
import { unitOf } from '../ui/metric-format.ts';
import { NoMatch } from '../ui/no-match.tsx';
import { PageHeading } from '../ui/page-heading.tsx';
import { Panel } from '../ui/panel.tsx';
import { Plot } from '../ui/plot.tsx';
import { MAX_PLOTS, type MetricsSearch, metricsProblems, withPlot } from './metrics-search.ts';
import { sortingOf } from './search.ts';
import { useTablePlace } from './table-place.ts';

const noNames: readonly string[] = [];

/** All metrics of the master: search them, plot any of them. */
export function MetricsPage() {
  const search = useSearch({ strict: false }) as MetricsSearch;
  const navigate = useNavigate();
  const change = (next: MetricsSearch) => navigate({ to: '.', search: next as never, replace: true });
  const plotted = search.plot ?? noNames;
  const known = useMetrics(plotted);
  return (
    <>
      <PageHeading title="Metrics" />
      {plotted.length > 0 && (
        <Panel title="Plots">
          <MetricPlots known={known} plotted={plotted} search={search} change={change} />
        </Panel>
      )}
      <WhenAnswered what="The metrics" answer={known.answer} lines={12} check={{ action: 'read_metrics' }}>
        {metrics => <MetricTable metrics={metrics} search={search} change={change} />}
      </WhenAnswered>
    </>
  );
}

interface SearchProps {
  readonly search: MetricsSearch;
  readonly change: (next: MetricsSearch) => void;
}

/** Plots with the history that the master keeps, and the others since the page was opened. */
function MetricPlots(props: SearchProps & { readonly known: KnownMetrics; readonly plotted: readonly string[] }) {
  const { known, plotted, search, change } = props;
  const window: HistoryWindow = search.window ?? '1h';
  const kept = useHistoryNames();
  const history = useHistory(kept ? plotted.filter(name => kept.has(name)) : noNames, window);
  const times = useMemo(() => (history.answer ? slotTimes(history.answer) : []), [history.answer]);
  const all = known.answer.answer;
  const noteOn = (name: string) => {
    if (all !== undefined && !Object.hasOwn(all, name)) return 'The master has no metric of this name now. ';
    return kept === undefined || kept.has(name) ? '' : 'No history is kept: since this page was opened. ';
  };
  const dataOf = (name: string) => {
    const values = history.answer?.series[name];
    if (values) return { times, lines: [{ label: 'value', values }] };
    return { times: known.samples.times, lines: [{ label: 'value', values: known.samples.valuesOf(name) }] };
  };
  return (
    <>
      <fieldset className="choice">
        <legend>Window of metrics with a history</legend>
        {(['1h', '24h'] as const).map(each => (
          <label key={each}>
            <input
              type="radio"
              name="window"
              checked={each === window}
              onChange={() => change({ ...search, window: each })}
            />{' '}
            {each === '1h' ? 'last hour' : 'last 24 hours'}
          </label>
        ))}
      </fieldset>
      {history.problem && (
        <Trouble title="The history of metrics cannot be read" problem={history.problem} onRetry={history.refresh} />
      )}
      <div className="plots">
        {plotted.map(name => (
          <div key={name}>
            <Plot title={name} data={dataOf(name)} unit={unitOf(name)} />
            <p className="quiet">
              {noteOn(name)}
              <button
                type="button"
                aria-label={`Remove the plot of ${name}`}
                onClick={() => change(withPlot(search, name, false))}
              >
                Remove
              </button>
            </p>
          </div>
        ))}
      </div>
    </>
  );
}

function MetricTable({ metrics, search, change }: SearchProps & { readonly metrics: Metrics }) {
  const inAddress = useLocation({ select: ({ search }) => search as Readonly<Record<string, unknown>> });
  const { filter = '' } = search;
  const [range, onRange] = useRange();
  const place = useTablePlace('Metrics');
  const columns = metricColumns(search, change);
  const sorting = sortingOf(search, columns, { sort: 'name', descending: false });
  const { sort, descending } = sorting;
  const rows = useMemo(() => metricRows(metrics, filter, { sort, descending }), [metrics, filter, sort, descending]);
  const total = Object.keys(metrics).length;
  const changeFilter = (text: string) => {
    const { filter: _, ...rest } = search;
    change(text === '' ? rest : { ...rest, filter: text });
  };
  return (
    <>
      <FilterBox
        label="Search metrics"
        example="tasks running"
        value={filter}
        problems={metricsProblems(inAddress, columns)}
        onChange={changeFilter}
      />
      <p className="table-count" role="status">
        {countOf(rows.length, total, 'metric')}
      </p>
      {rows.length > 0 ? (
        <DataTable
          label="Metrics"
          columns={columns}
          window={{
            lines: rows.length,
            offset: range.offset,
            rows: rows.slice(range.offset, range.offset + range.limit),
          }}
          sorting={sorting}
          onSort={next => change({ ...search, sort: next.sort, desc: next.descending })}
          onRange={onRange}
          place={place}
        />
      ) : (
        <NoMatch thing="metric" onClear={() => changeFilter('')} />
      )}
    </>
  );
}

function metricColumns(search: MetricsSearch, change: SearchProps['change']): readonly ColumnSpec[] {
  const plotted = search.plot ?? noNames;
  const isFull = plotted.length >= MAX_PLOTS;
  return [
    { name: 'name', title: 'Metric', width: 'minmax(24ch, 3fr)', render: ({ key }) => key, titleOf: ({ key }) => key },
    {
      name: 'value',
      title: 'Value',
      width: 'minmax(12ch, 1fr)',
      align: 'end',
      render: ({ key, value }) => unitOf(key).format(Number(value)),
    },
    {
      name: 'plot',
      title: 'Plot',
      isUnsorted: true,
      width: 'minmax(6ch, 0.4fr)',
      render: ({ key }) => {
        const isPlotted = plotted.includes(key);
        return (
          <input
            type="checkbox"
            aria-label={`Plot ${key}`}
            title={isFull && !isPlotted ? `No more than ${MAX_PLOTS} at once` : undefined}
            disabled={isFull && !isPlotted}
            checked={isPlotted}
            onChange={({ target }) => change(withPlot(search, key, target.checked))}
          />
        );
      },
    },
  ];
}
