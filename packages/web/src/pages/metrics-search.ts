/** The parameters of the page of metrics: `#/metrics?filter=tasks&plot=["master/tasks_running"]&window=24h`. */
import type { HistoryWindow } from '../history/history-data.ts';
import type { FilterProblem } from '../query/filter.ts';
import { searchProblems, type TableSearch, tableSearch } from './search.ts';

/** Plots at once: each more makes the page slower. */
export const MAX_PLOTS = 8;

/** What the address of the page may say. */
export interface MetricsSearch extends TableSearch {
  /** The metrics that are plotted. */
  readonly plot?: readonly string[];
  readonly window?: HistoryWindow;
}

/** Reads the parameters; those that are malformed are ignored. */
export function metricsSearch(raw: Readonly<Record<string, unknown>>): MetricsSearch {
  const plot = (Array.isArray(raw.plot) ? raw.plot : [raw.plot]).filter(
    name => typeof name === 'string' && name !== '',
  );
  return {
    ...tableSearch(raw),
    ...(plot.length > 0 && { plot: [...new Set(plot as string[])].slice(0, MAX_PLOTS) }),
    ...(raw.window === '24h' && { window: '24h' as const }),
  };
}

/** Returns what an address asks for that the page does not have. It is left out, and the page says so. */
export function metricsProblems(
  raw: Readonly<Record<string, unknown>>,
  columns: readonly { readonly name: string }[],
): FilterProblem[] {
  const problems = searchProblems(raw, { columns, groups: {} });
  const { plot, window } = raw;
  const isKnown = window === undefined || window === '1h' || window === '24h';
  if (!isKnown) problems.push({ text: `window=${window}`, reason: 'There are 1h and 24h.' });
  const names = new Set(plot === undefined ? [] : Array.isArray(plot) ? plot : [plot]);
  for (const name of [...names].filter(each => typeof each !== 'string' || each === ''))
    problems.push({ text: `plot=${JSON.stringify(name)}`, reason: 'It is no name of a metric.' });
  if (names.size > MAX_PLOTS)
    problems.push({ text: `plot=${names.size} metrics`, reason: `No more than ${MAX_PLOTS} are plotted at once.` });
  return problems;
}

/** Adds a metric to those that are plotted, or takes it away. */
export function withPlot(search: MetricsSearch, name: string, isPlotted: boolean): MetricsSearch {
  const others = (search.plot ?? []).filter(each => each !== name);
  const plot = isPlotted ? [...others, name].slice(0, MAX_PLOTS) : others;
  const { plot: _, ...rest } = search;
  return plot.length > 0 ? { ...rest, plot } : rest;
}
