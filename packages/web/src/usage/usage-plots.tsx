import { useMemo, useState } from 'react';
import { getJson, type RequestProblem } from '../requests/get-json.ts';
import { usePoll } from '../requests/use-poll.ts';
import { byteUnit, cores } from '../ui/metric-format.ts';
import { Plot } from '../ui/plot.tsx';
import type { PlotData, PlotLine } from '../ui/plot-text.ts';
import { type MeasuredContainer, UsageRecorder, type UsageSample } from './usage-recorder.ts';

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
          The agent's numbers cannot be read: {problem.message} {problem.code && <code>{problem.code}</code>}
        </p>
      )}
      {isKnown && samples.length >= FEWEST_SAMPLES ? (
        <div className="plots">
          <Plot title="CPUs in use" data={lines.cpus} unit={cores} />
          <Plot title="Memory in use" data={lines.memory} unit={byteUnit} />
        </div>
      ) : (
        !problem && <p className="quiet">Lines begin with the second sample, in a few seconds.</p>
      )}
    </>
  );
}

function useUsage(url: string) {
  const recorder = useMemo(() => new UsageRecorder(), []);
  const [samples, setSamples] = useState<readonly UsageSample[]>([]);
  const [problem, setProblem] = useState<RequestProblem>();
  usePoll(url, EVERY_MS, async signal => {
    try {
      const containers = await getJson<MeasuredContainer[]>(url, signal);
      recorder.add(now(), containers);
      setProblem(undefined);
    } catch (error) {
      if (signal.aborted) return;
      recorder.miss(now());
      setProblem(error as RequestProblem);
      throw error;
    } finally {
      setSamples(recorder.samples);
    }
  });
  return { samples, problem };
}

const now = () => performance.timeOrigin + performance.now();

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
