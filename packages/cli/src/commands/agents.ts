import { HttpAnswerError } from '@meseta/process';
import type { MasterResponseGetAgentsAgent as Agent, AgentInfo, TimeInfo } from '@meseta/protocol';
import type { MasterClient } from '@meseta/scheduler';
import { command } from '../command.ts';
import { listOptions, printList } from '../list.ts';
import { withMaster } from '../master-option.ts';
import { age } from '../output.ts';
import { usage } from '../resources.ts';
import type { Column } from '../table.ts';

/** An agent in the list: registered, known from before the master's start, or without a connection to the master. */
type Row = Omit<Agent, 'agent_info' | 'version' | 'active'> & {
  readonly agent_info: Partial<AgentInfo>;
  readonly version?: string;
  readonly active: boolean;
  /** The agent has not registered since the master's start. */
  readonly recovered?: true;
  /** The time since when the agent is unreachable; the master stores nothing else about it. */
  readonly unreachable_time?: TimeInfo;
};

function stateOf({ active, deactivated, recovered, unreachable_time }: Row): string {
  if (unreachable_time) return 'unreachable';
  if (recovered) return 'recovered';
  return deactivated ? 'deactivated' : active ? 'active' : 'disconnected';
}

const resource = (name: string): Column<Row> => ({
  header: name.toUpperCase(),
  value: row =>
    row.unreachable_time ? '-' : usage(row.allocated_resources, row.total_resources ?? row.agent_info.resources, name),
  align: 'right',
  optional: true,
});

const columns: Column<Row>[] = [
  { header: 'ID', value: ({ agent_info }) => agent_info.id?.value ?? '', shrinks: 'middle' },
  {
    header: 'HOST',
    value: ({ agent_info: { hostname, port = 5051 } }) => (hostname === undefined ? '-' : `${hostname}:${port}`),
    shrinks: 'middle',
  },
  { header: 'STATE', value: stateOf },
  resource('cpus'),
  resource('mem'),
  resource('disk'),
  { header: 'VERSION', value: ({ version }) => version ?? '-', optional: true },
  {
    header: 'REGISTERED',
    value: ({ registered_time: time }) => age(time && time.nanoseconds / 1e6),
    align: 'right',
    optional: true,
  },
];

/**
 * Returns unreachable agents from the registry, because no call lists them. Empty when the user may not read the
 * registry.
 */
async function unreachableAgents({ http }: MasterClient): Promise<Row[]> {
  const registry = await http.get('/registrar(1)/registry').catch(error => {
    if (error instanceof HttpAnswerError && error.status === 403) return undefined;
    throw error;
  });
  const { slaves = [] } = (registry as { unreachable?: { slaves?: Unreachable[] } } | undefined)?.unreachable ?? {};
  return slaves.map(({ id, timestamp }) => ({ agent_info: { id }, active: false, unreachable_time: timestamp }));
}

interface Unreachable {
  readonly id: { value: string };
  readonly timestamp: TimeInfo;
}

export default command({
  name: 'agents',
  summary: 'List the agents of a cluster',
  options: listOptions,
  run: ({ master, ...how }) =>
    withMaster(master, async client => {
      const found = (await client.call({ type: 'GET_AGENTS' }))?.get_agents;
      const recovered = (found?.recovered_agents ?? []).map(agent_info => ({
        agent_info,
        active: false,
        recovered: true as const,
      }));
      const rows: Row[] = [...(found?.agents ?? []), ...recovered, ...(await unreachableAgents(client))];
      printList({ columns, rows, idOf: ({ agent_info }) => agent_info.id?.value ?? '' }, how);
      return 0;
    }),
});
