import { useMemo } from 'react';
import { ProblemText } from '../answers/trouble.tsx';
import { useAnswer } from '../answers/use-answer.ts';
import { Poll } from '../requests/poll.ts';
import { getJson } from '../requests/request.ts';
import { expectShape } from '../requests/shape.ts';
import { currentTime } from '../time.ts';
import { byteUnit, cores } from '../ui/metric-format.ts';
import { Plot } from '../ui/plot.tsx';
import type { PlotData, PlotLine } from '../ui/plot-text.ts';
import { type MeasuredContainer, measuredShape, UsageRecorder, type UsageSample } from './usage-recorder.ts';

/** How often the agent is asked, in milliseconds. */
const EVERY_MS = 5000;
/** Lines need two points. */
const FEWEST_SAMPLES = 2;

/**
 * Plots what containers use, sampled while the page is open: the master keeps no history of agents and tasks.
 *
 * @param props.url where the agent shows them, through the master.
 */
export function UsagePlots({ url }: { readonly url: string }) {
  const { samples, problem } = useUsage(url);
  const lines = useMemo(() => plotsOf(samples), [samples]);
  const isKnown = samples.some(({ memBytes }) => memBytes !== null);
  return (
    <>
      {problem && (
        <p className="quiet" role="status">
          The agent's numbers cannot be read: <ProblemText problem={problem} />
        </p>
      )}
      {isKnown && samples.length >= FEWEST_SAMPLES ? (
        <div className="plots">
          <Plot title="CPUs in use" data={lines.cpus} unit={cores} />
          <Plot title="Memory in use" data={lines.memory} unit={byteUnit} />
        </div>
      ) : (
        !problem && (
          <p className="quiet" role="status">
            {samples.length === 0
              ? 'The agent has not sent its numbers yet.'
              : 'Lines begin with the second sample, in a few seconds.'}
          </p>
        )
      )}
    </>
  );
}

function useUsage(url: string) {
  const [poll, recorder] = useMemo(() => {
    const recorder = new UsageRecorder();
    const ask = (signal: AbortSignal) => record(recorder, url, signal);
    return [new Poll<void>({ everyMs: EVERY_MS, ask }), recorder] as const;
  }, [url]);
  const { problem } = useAnswer(poll, { whileLive: true });
  return { samples: recorder.samples, problem };
}

/** Takes a sample. An attempt that fails is one without values. */
async function record(recorder: UsageRecorder, url: string, signal: AbortSignal): Promise<void> {
  try {
    const containers = expectShape<MeasuredContainer[]>(await getJson(url, signal), measuredShape, 'The agent');
    recorder.add(currentTime(), containers);
  } catch (error) {
    if (!signal.aborted) recorder.miss(currentTime());
    throw error;
  }
}

function plotsOf(samples: readonly UsageSample[]): { readonly cpus: PlotData; readonly memory: PlotData } {
  const plot = (of: readonly UsageSample[], used: keyof UsageSample, limit: keyof UsageSample): PlotData => {
    const line = (label: string, name: keyof UsageSample): PlotLine => ({ label, values: of.map(each => each[name]) });
    const limits = line('limit', limit);
    const hasLimit = limits.values.some(value => value !== null && value > 0);
    return { times: of.map(({ time }) => time), lines: [line('used', used), ...(hasLimit ? [limits] : [])] };
  };
  // The first sample is where counting begins.
  return { cpus: plot(samples.slice(1), 'cpus', 'cpusLimit'), memory: plot(samples, 'memBytes', 'memLimitBytes') };
}
