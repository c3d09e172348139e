import { memo } from 'react';
import type { Answer } from '../answers/use-answer.ts';
import { WhenAnswered } from '../answers/when-answered.tsx';
import { amount as amountText } from '../ui/format.ts';
import { unitOf } from '../ui/metric-format.ts';
import { Plot } from '../ui/plot.tsx';
import type { PlotData } from '../ui/plot-text.ts';
import { type HistoryData, latestOf, slotTimes } from './history-data.ts';

const kinds = [
  ['cpus', 'CPUs'],
  ['mem', 'Memory'],
  ['disk', 'Disk'],
  ['gpus', 'GPUs'],
] as const;

const uses = [
  ['total', 'total'],
  ['used', 'allocated'],
  ['offered', 'offered'],
  ['reserved', 'reserved'],
] as const;

/** A plot: its title, and a label for each metric. */
type PlotOf = readonly [title: string, lines: readonly (readonly [metric: string, label: string])[]];

const resourcePlots: readonly PlotOf[] = kinds.map(([kind, title]) => [
  title,
  uses.map(([use, label]) => [`master/${kind}_${use}`, label]),
]);

const words = (prefix: string, names: string): PlotOf[1] =>
  names.split(' ').map(name => [`master/${prefix}${name}`, name]);

const otherPlots: readonly PlotOf[] = [
  ['Tasks', words('tasks_', 'running staging starting killing unreachable')],
  ['Agents', words('slaves_', 'active inactive unreachable')],
  ['Status updates', [['master/valid_status_updates_per_sec', 'updates']]],
  [
    'Master: delay of its event loop',
    [
      ['process/event_loop_delay_ms/p99', 'p99'],
      ['process/event_loop_delay_ms/max', 'longest'],
    ],
  ],
];

/** The metrics that the overview shows. */
export const overviewMetrics: readonly string[] = [...resourcePlots, ...otherPlots].flatMap(([, lines]) =>
  lines.map(([metric]) => metric),
);

interface HistoryProps {
  readonly history: Answer<HistoryData>;
}

/** Plots of the last hour. What the master did not sample is a gap. */
export const OverviewPlots = memo(function OverviewPlots({ history }: HistoryProps) {
  return (
    <WhenAnswered what="The history of metrics" answer={history} lines={3} check={{ action: 'read_metrics' }}>
      {data => {
        const times = slotTimes(data);
        return (
          <div className="plots">
            {[...resourcePlots, ...otherPlots]
              .filter(([title]) => title !== 'GPUs' || hasGpus(data))
              .map(([title, lines]) => (
                <Plot
                  key={title}
                  title={title}
                  unit={unitOf(lines[0]?.[0] ?? '')}
                  data={plotData(data, times, lines)}
                />
              ))}
          </div>
        );
      }}
    </WhenAnswered>
  );
});

/** How much there is of each resource, and for what. */
export const ResourceAmounts = memo(function ResourceAmounts({ history }: HistoryProps) {
  return (
    <WhenAnswered what="The history of metrics" answer={history} lines={3} check={{ action: 'read_metrics' }}>
      {data => (
        // biome-ignore lint/a11y/useSemanticElements: a fieldset is for the fields of a form
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, also by keyboard
        <div className="amounts-place" tabIndex={0} role="group" aria-label="Resources by use, scrollable">
          <table className="amounts">
            <caption className="visually-hidden">Resources by what they are for</caption>
            <thead>
              <tr>
                <th scope="col">Resource</th>
                {['Allocated', 'Offered', 'Idle', 'Total', 'Reserved'].map(title => (
                  <th key={title} scope="col">
                    {title}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {kinds
                .filter(([kind]) => kind !== 'gpus' || hasGpus(data))
                .map(([kind, title]) => (
                  <tr key={kind}>
                    <th scope="row">{title}</th>
                    {amountsOf(data, kind).map(([use, amount]) => (
                      <td key={use}>{amount === undefined ? '–' : amountText(kind, amount)}</td>
                    ))}
                  </tr>
                ))}
            </tbody>
          </table>
        </div>
      )}
    </WhenAnswered>
  );
});

function amountsOf(data: HistoryData, kind: string): (readonly [use: string, amount: number | undefined])[] {
  const amount = (use: string) => latestOf(data, `master/${kind}_${use}`);
  const [total, allocated, offered] = [amount('total'), amount('used'), amount('offered')];
  const isKnown = total !== undefined && allocated !== undefined && offered !== undefined;
  const idle = isKnown ? Math.max(0, total - allocated - offered) : undefined;
  return Object.entries({ allocated, offered, idle, total, reserved: amount('reserved') });
}

const hasGpus = ({ series }: HistoryData) => (series['master/gpus_total'] ?? []).some(value => (value ?? 0) > 0);

function plotData(data: HistoryData, times: readonly number[], lines: PlotOf[1]): PlotData {
  return { times, lines: lines.map(([metric, label]) => ({ label, values: data.series[metric] ?? [] })) };
}
