/** Draws plots with uPlot. Loaded when the first plot is shown. */
import { useEffect, useRef } from 'react';
import UPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { Unit } from './metric-format.ts';
import { type PlotData, topOf } from './plot-text.ts';

const HEIGHT = 150;
const LINE_WIDTH = 1.5;
/** The colours of lines begin anew after so many. */
export const LINE_COLOURS = 8;

/** The picture of a plot, as wide as its place. */
export function PlotCanvas(props: {
  readonly data: PlotData;
  readonly unit: Unit;
  /** The time that is pointed at; undefined: none. */
  readonly cursor: number | undefined;
  readonly onCursor: (index: number | undefined) => void;
}) {
  const { data, unit, cursor, onCursor } = props;
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<UPlot>(undefined);
  const latest = useRef({ data, unit, onCursor });
  latest.current = { data, unit, onCursor };
  const labels = JSON.stringify(data.lines.map(({ label }) => label));

  // A plot keeps its lines: with others it is made anew.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the labels are what a plot is made of
  useEffect(() => {
    const element = place.current as HTMLDivElement;
    const made = new UPlot(optionsOf(element, latest), alignedData(latest.current.data), element);
    plot.current = made;
    made.over.addEventListener('pointermove', event => latest.current.onCursor(made.posToIdx(event.offsetX)));
    made.over.addEventListener('pointerleave', () => latest.current.onCursor(undefined));
    const sizes = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: HEIGHT }));
    sizes.observe(element);
    const theme = matchMedia('(prefers-color-scheme: dark)');
    const redraw = () => made.redraw(false);
    theme.addEventListener('change', redraw);
    return () => {
      theme.removeEventListener('change', redraw);
      sizes.disconnect();
      made.destroy();
      plot.current = undefined;
    };
  }, [labels]);

  useEffect(() => plot.current?.setData(alignedData(data)), [data]);

  useEffect(() => {
    const made = plot.current;
    if (made === undefined || made.cursor.idx === (cursor ?? null)) return; // the pointer is there
    const time = cursor === undefined ? undefined : data.times[cursor];
    const left = time === undefined ? -10 : made.valToPos(time / 1000, 'x');
    made.setCursor({ left, top: time === undefined ? -10 : HEIGHT / 3 }, false);
  }, [cursor, data]);

  return <div ref={place} className="plot-canvas" aria-hidden="true" />;
}

interface Latest {
  readonly data: PlotData;
  readonly unit: Unit;
  readonly onCursor: (index: number | undefined) => void;
}

/** Colours are asked for when something is drawn: the theme may have changed. */
function optionsOf(element: HTMLElement, latest: { readonly current: Latest }): UPlot.Options {
  const colour = (name: string) => () => colourOf(element, name);
  const axis = {
    stroke: colour('--text-quiet'),
    font: '11px system-ui, sans-serif',
    ticks: { show: false },
    grid: { stroke: colour('--border'), width: 1 },
  };
  return {
    width: element.clientWidth,
    height: HEIGHT,
    legend: { show: false },
    padding: [8, 20, 0, 0],
    cursor: { drag: { x: false, y: false }, y: false, points: { size: 6 } },
    scales: { y: { range: () => [0, topOf(latest.current.data.lines, latest.current.unit)] } },
    axes: [
      { ...axis, size: 28, space: 70, values: (_, seconds) => clockTimes(seconds) },
      {
        ...axis,
        size: 64,
        splits: (_, _axis, _least, top) => [0, top / 2, top],
        values: (_, values) => values.map(value => latest.current.unit.format(value)),
      },
    ],
    series: [
      {},
      ...latest.current.data.lines.map(({ label }, index) => ({
        label,
        stroke: colour(`--line-${index % LINE_COLOURS}`),
        width: LINE_WIDTH,
        spanGaps: false,
      })),
    ],
  };
}

function alignedData({ times, lines }: PlotData): UPlot.AlignedData {
  return [times.map(time => time / 1000), ...lines.map(({ values }) => [...values])] as UPlot.AlignedData;
}

/** Returns a colour of the stylesheet as it is in the theme that is on. */
function colourOf(element: HTMLElement, name: string): string {
  element.style.setProperty('color', `var(${name})`);
  return getComputedStyle(element).color;
}

/** Returns the times of day of an axis, with seconds where several of them are in one minute. */
function clockTimes(seconds: readonly number[]): string[] {
  const [first = 0, second = 60] = seconds;
  return seconds.map(each => {
    const time = new Date(each * 1000);
    const parts = [time.getHours(), time.getMinutes(), ...(second - first < 60 ? [time.getSeconds()] : [])];
    return parts.map(part => String(part).padStart(2, '0')).join(':');
  });
}
