import { useMemo, useRef } from 'react';
import { type Answer, useAnswer } from '../answers/use-answer.ts';
import { Poll } from '../requests/poll.ts';
import { getJson } from '../requests/request.ts';
import { expectShape } from '../requests/shape.ts';
import { currentTime } from '../time.ts';
import { LiveSamples } from './live-samples.ts';

/** How often the master is asked, in milliseconds. */
const EVERY_MS = 5000;

/** All metrics by name. */
export type Metrics = Readonly<Record<string, number>>;

/** What is known of metrics. */
export interface KnownMetrics {
  readonly answer: Answer<Metrics>;
  /** Those that are plotted, since the page was opened. */
  readonly samples: LiveSamples;
}

/** Follows all metrics. @param plotted those whose values are kept. */
export function useMetrics(plotted: readonly string[]): KnownMetrics {
  const latest = useRef(plotted);
  latest.current = plotted;
  const [poll, samples] = useMemo(() => {
    const samples = new LiveSamples();
    const ask = (signal: AbortSignal) => sample(samples, latest.current, signal);
    return [new Poll<Metrics>({ everyMs: EVERY_MS, ask }), samples] as const;
  }, []);
  return { answer: useAnswer(poll, { whileLive: true }), samples };
}

/** Reads the metrics. An attempt that fails is a sample without values. */
async function sample(samples: LiveSamples, plotted: readonly string[], signal: AbortSignal): Promise<Metrics> {
  try {
    const metrics = expectShape<Metrics>(await getJson('/metrics/snapshot', signal), { '*': 'number' });
    samples.add(currentTime(), metrics, plotted);
    return metrics;
  } catch (error) {
    if (!signal.aborted) samples.add(currentTime(), undefined, plotted);
    throw error;
  }
}

const historyNames = new Poll({
  async ask(signal): Promise<ReadonlySet<string>> {
    const answer = await getJson('/ui/history', signal);
    return new Set(expectShape<{ readonly names: readonly string[] }>(answer, { names: ['string'] }).names);
  },
});
const none: ReadonlySet<string> = new Set();

/** Returns the names that the master keeps a history of; undefined: it has not answered yet. None where it has no history. */
export function useHistoryNames(): ReadonlySet<string> | undefined {
  const { answer, problem } = useAnswer(historyNames);
  return answer ?? (problem && none);
}
