/** What short tasks of all kinds leave behind: memory, files, processes. */
import type { Effort } from './benchmark.ts';
import { type Footprint, startChurn } from './churn.ts';
import { withCleanups } from './processes/child.ts';
import { type Row, scenario } from './scenario.ts';

const MIB = 1024 * 1024;

/** `MESETA_CHURN_TASKS=100000` is a day's worth, and takes an hour. */
const tasks = ({ quick }: Effort) => Number(process.env.MESETA_CHURN_TASKS ?? (quick ? 200 : 5000));

interface Results {
  readonly before: Footprint;
  readonly after: Footprint;
}

const row = (what: string, unit: string, budget: number, of: (footprint: Footprint) => number): Row<Results> => ({
  name: `churn: ${what}, growth`,
  unit,
  better: 'less',
  budget: { value: budget },
  minutes: 120,
  note: 'by 5,000 tasks (200 with --quick, MESETA_CHURN_TASKS sets another number): commands, executors and pods that finish, fail, are checked, or are killed; heaps grow by code that V8 optimises as well, 1 MiB in 18,000 tasks; baseline: all of it, before',
  value: ({ before, after }) => of(after) - of(before),
  base: ({ before }) => of(before),
});

export default scenario(
  1,
  (effort: Effort) =>
    withCleanups(async cleanups => {
      const churn = await startChurn(cleanups);
      // Compiles, fills histories. V8 goes on optimizing for some 20,000 tasks.
      await churn.run(effort.quick ? 200 : Math.max(1000, tasks(effort) / 5));
      const before = await churn.footprint();
      await churn.run(tasks(effort));
      return { before, after: await churn.footprint() };
    }),
  [
    row('heap of the agent', 'MiB', 1, ({ agentHeap }) => agentHeap / MIB),
    row('heap of the master', 'MiB', 1, ({ masterHeap }) => masterHeap / MIB),
    row('open files of the agent', 'files', 5, ({ agentFiles }) => agentFiles),
    row('open files of the master', 'files', 5, ({ masterFiles }) => masterFiles),
    row('processes below the agent', 'processes', 5, ({ processes }) => processes),
    row('paths in the work and runtime directories', 'paths', 50, ({ paths }) => paths),
  ],
);
