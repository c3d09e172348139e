import { useEffect, useState } from 'react';
import { getJson } from '../requests/get-json.ts';
import { usePoll } from '../requests/use-poll.ts';
import { LiveSamples } from './live-samples.ts';

/** How often the master is asked, in milliseconds. */
const EVERY_MS = 5000;

/** All metrics of the master. */
export interface KnownMetrics {
  /** Undefined: the master has not answered yet. They stay when a later request fails. */
  readonly metrics: Readonly<Record<string, number>> | undefined;
  /** Why the last request failed; undefined: it did not. */
  readonly problem: Error | undefined;
  /** Those that are plotted, since the page was opened. */
  readonly samples: LiveSamples;
}

/** Follows all metrics. @param plotted those whose values are kept. */
export function useMetrics(plotted: readonly string[]): KnownMetrics {
  const [known, setKnown] = useState<KnownMetrics>(() => ({
    metrics: undefined,
    problem: undefined,
    samples: new LiveSamples(),
  }));
  usePoll('metrics', EVERY_MS, async signal => {
    try {
      const metrics = await getJson<Record<string, number>>('/metrics/snapshot', signal);
      known.samples.add(now(), metrics, plotted);
      setKnown(({ samples }) => ({ metrics, problem: undefined, samples }));
    } catch (error) {
      if (signal.aborted) return;
      known.samples.add(now(), undefined, plotted);
      setKnown(before => ({ ...before, problem: error as Error }));
      throw error;
    }
  });
  return known;
}

/** Returns the names that the master keeps a history of; undefined: it has not answered yet. None where it has no history. */
export function useHistoryNames(): ReadonlySet<string> | undefined {
  const [names, setNames] = useState<ReadonlySet<string>>();
  useEffect(() => {
    const ending = new AbortController();
    getJson<{ readonly names: readonly string[] }>('/ui/history', ending.signal)
      .then(answer => setNames(new Set(answer.names)))
      .catch(() => ending.signal.aborted || setNames(new Set()));
    return () => ending.abort();
  }, []);
  return names;
}

const now = () => performance.timeOrigin + performance.now();
