/** The parameters of the page of metrics: `#/metrics?filter=tasks&plot=["master/tasks_running"]&window=24h`. */
import type { HistoryWindow } from '../history/history-data.ts';
import { type TableSearch, tableSearch } from './search.ts';

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

/** Adds a metric to those that are plotted, or takes it away. */
export function withPlot(search: MetricsSearch, name: string, isPlotted: boolean): MetricsSearch {
  const others = (search.plot ?? []).filter(each => each !== name);
  const plot = isPlotted ? [...others, name].slice(0, MAX_PLOTS) : others;
  const { plot: _, ...rest } = search;
  return plot.length > 0 ? { ...rest, plot } : rest;
}
