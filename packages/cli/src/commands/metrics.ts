import { command, UsageError } from '../command.ts';
import { clusterOptions, withMaster } from '../master-option.ts';
import { write } from '../output.ts';
import { type Column, formatTable } from '../table.ts';
import { withAgent } from '../with-agent.ts';

type Metric = readonly [name: string, value: number];

const columns: Column<Metric>[] = [
  { header: 'METRIC', value: ([name]) => name, shrinks: 'middle' },
  { header: 'VALUE', value: ([, value]) => String(value), align: 'right' },
];

export default command({
  name: 'metrics',
  summary: 'Print metrics of the master or of an agent',
  arguments: '[TEXT]',
  options: {
    ...clusterOptions,
    agent: { type: 'string', value: 'AGENT', help: "This agent's metrics, not the master's" },
  },
  notes: `TEXT selects the metrics with it in their names.

  meseta metrics slaves_
  meseta metrics containerizer --agent S3`,
  run: ({ master, json, agent }, [text = '', ...others]) => {
    if (others.length > 0) throw new UsageError('Give one text');
    return withMaster(master, async client => {
      const path = '/metrics/snapshot';
      const all = await (agent === undefined
        ? client.http.get(path)
        : withAgent(client, agent, its => its.http.get(path)));
      const metrics = Object.entries(all as Record<string, number>)
        .filter(([name]) => name.includes(text))
        .sort(([a], [b]) => (a < b ? -1 : 1));
      const shown = json
        ? `${JSON.stringify(Object.fromEntries(metrics), null, 2)}\n`
        : formatTable(columns, metrics, process.stdout.isTTY ? process.stdout.columns : undefined);
      await write('stdout', shown);
      return 0;
    });
  },
});
