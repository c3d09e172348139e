// biome-ignore-all lint/a11y/useSemanticElements: an <input type="range"> cannot contain a plot
import { type KeyboardEvent, lazy, Suspense, useEffect, useId, useMemo, useRef, useState } from 'react';
import { useNow } from './clock.ts';
import { moment } from './format.ts';
import type { Unit } from './metric-format.ts';
import { gapsOf, longest, longestTextOf, movedCursor, type PlotData, rowsOf, summaryOf } from './plot-text.ts';

const PlotCanvas = lazy(() =>
  import('./plot-canvas.tsx').then(({ PlotCanvas: component }) => ({ default: component })),
);

/** Rows of the table at most. */
const TABLE_ROWS = 60;
/** Gaps that are named in words; more are counted. */
const NAMED_GAPS = 3;

/**
 * Plots lines over time. Where there are no values nothing is drawn, and the gap is named in words. The values under the pointer stand
 * below; arrow keys move there as well. A summary and a table say the same in words.
 */
export function Plot(props: {
  /** What is plotted: `Tasks by state`. */
  readonly title: string;
  readonly data: PlotData;
  readonly unit: Unit;
}) {
  const { title, data, unit } = props;
  const { format } = unit;
  const { times, lines } = data;
  const now = useNow(60_000);
  const [cursor, setCursor] = useState<number>();
  const id = useId();
  const at = cursor !== undefined && cursor < times.length ? cursor : Math.max(0, times.length - 1);
  const value = (number: number | null | undefined) => (number === null || number === undefined ? '–' : format(number));
  const time = times[at];
  const when = time === undefined ? '' : moment(time / 1000, now);
  const words = lines.map(({ label, values }) => `${label} ${value(values[at])}`).join(', ');
  // The legend has room for all: what is below would move when the cursor does.
  const longestTexts = useMemo(() => lines.map(({ values }) => longestTextOf(values, format)), [lines, format]);
  const ends = [times[0], times.at(-1)].filter(end => end !== undefined);
  const longestTime = longest(ends.map(end => moment(end / 1000, now)));
  const move = (event: KeyboardEvent) => {
    const to = event.key === 'Escape' ? undefined : movedCursor(event.key, at, times.length);
    if (to === undefined && event.key !== 'Escape') return;
    event.preventDefault();
    setCursor(to);
  };
  return (
    <figure className="plot" aria-labelledby={`${id}-title`}>
      <figcaption id={`${id}-title`}>{title}</figcaption>
      <div
        className="plot-area"
        role="slider"
        tabIndex={0}
        aria-label={`${title}: time`}
        aria-describedby={`${id}-summary`}
        aria-valuemin={0}
        aria-valuemax={Math.max(0, times.length - 1)}
        aria-valuenow={at}
        aria-valuetext={`${when}: ${words}`}
        onKeyDown={move}
        onBlur={() => setCursor(undefined)}
      >
        <Suspense fallback={<div className="plot-loading" />}>
          <PlotCanvas data={data} unit={unit} cursor={cursor} onCursor={setCursor} />
        </Suspense>
      </div>
      <p className="plot-legend">
        <time data-longest={longestTime}>{when}</time>
        {lines.map(({ label, values }, index) => (
          <span key={label} data-line={index}>
            <i className="plot-swatch" aria-hidden="true" /> {label}{' '}
            <strong data-longest={longestTexts[index]}>{value(values[at])}</strong>
          </span>
        ))}
      </p>
      <p id={`${id}-summary`} className="visually-hidden">
        {summaryOf(data, format)}
      </p>
      <Gaps data={data} now={now} />
      <PlotTable title={title} data={data} value={value} now={now} />
    </figure>
  );
}

/** Names the stretches without data. That there was nothing before the first value is one of them. */
function Gaps({ data, now }: { readonly data: PlotData; readonly now: number }) {
  const gaps = gapsOf(data);
  if (gaps.length === 0 || data.times.length === 0) return null;
  const named = gaps.slice(-NAMED_GAPS).map(({ from, to }) => `${moment(from / 1000, now)}–${moment(to / 1000, now)}`);
  const more = gaps.length > NAMED_GAPS ? ` and ${gaps.length - NAMED_GAPS} earlier gaps` : '';
  return <p className="plot-gaps quiet">{`No data: ${named.join(', ')}${more}`}</p>;
}

/** The values of a plot as a table, which is made when it is opened. */
function PlotTable(props: {
  readonly title: string;
  readonly data: PlotData;
  readonly value: (number: number | null) => string;
  readonly now: number;
}) {
  const { title, data, value, now } = props;
  const [isOpen, setOpen] = useState(false);
  const details = useRef<HTMLDetailsElement>(null);
  useEffect(() => {
    const element = details.current;
    const follow = () => setOpen(element?.open ?? false);
    element?.addEventListener('toggle', follow);
    return () => element?.removeEventListener('toggle', follow);
  }, []);
  return (
    <details ref={details} className="plot-table">
      <summary>Values</summary>
      {isOpen && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, also by keyboard
        <div className="plot-table-scroller" tabIndex={0} role="group" aria-label={`Values of ${title}, scrollable`}>
          <table>
            <thead>
              <tr>
                <th scope="col">Time</th>
                {data.lines.map(({ label }) => (
                  <th key={label} scope="col">
                    {label}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rowsOf(data, TABLE_ROWS).map(row => (
                <tr key={row.time}>
                  <th scope="row">{moment(row.time / 1000, now)}</th>
                  {row.values.map((number, index) => (
                    <td key={data.lines[index]?.label}>{value(number)}</td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </details>
  );
}
