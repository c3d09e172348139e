import { decode, type MasterResponseGetAgentsAgent, messageType, type Resource } from '@meseta/protocol/browser';
import { ListColumn, NumberColumn, TextColumn, WordColumn } from './columns.ts';
import { isQuantity, noQuantities, type Quantities, quantityNames } from './quantities.ts';
import { Table } from './table.ts';

/** What agents are filtered, sorted and shown by. `used` is what their tasks and executors hold. */
export function agentColumns() {
  return {
    id: new TextColumn(),
    hostname: new TextColumn(),
    address: new TextColumn(),
    state: new WordColumn(),
    version: new WordColumn(),
    region: new WordColumn(),
    zone: new WordColumn(),
    attribute: new ListColumn(),
    registered: new NumberColumn(),
    tasks: new NumberColumn(),
    cpus: new NumberColumn(),
    mem: new NumberColumn(),
    disk: new NumberColumn(),
    gpus: new NumberColumn(),
    cpus_used: new NumberColumn(),
    mem_used: new NumberColumn(),
    disk_used: new NumberColumn(),
    gpus_used: new NumberColumn(),
  };
}

/** The table of agents. */
export type AgentTable = Table<ReturnType<typeof agentColumns>>;

/** Makes an empty table of agents. */
export const agentTable = (): AgentTable => new Table(agentColumns());

/** An agent as the master describes it. */
export const Agent = messageType<MasterResponseGetAgentsAgent>('mesos.v1.master.Response.GetAgents.Agent');

/** Reads an agent. @throws {DecodeError} when the bytes are none. */
export const readAgent = (bytes: Uint8Array): MasterResponseGetAgentsAgent => decode(Agent, bytes);

/** Fills the row of an agent, except what its tasks and executors hold. */
export function fillAgent({ columns }: AgentTable, row: number, agent: MasterResponseGetAgentsAgent): void {
  const { agent_info: info } = agent;
  columns.id.set(row, info.id?.value ?? '');
  columns.hostname.set(row, info.hostname);
  columns.address.set(row, agent.pid?.split('@')[1] ?? '');
  columns.state.set(row, agentState(agent));
  columns.version.set(row, agent.version);
  columns.region.set(row, info.domain?.fault_domain?.region.name ?? '');
  columns.zone.set(row, info.domain?.fault_domain?.zone.name ?? '');
  columns.attribute.setItems(row, attributesOf(info));
  const registered = agent.reregistered_time ?? agent.registered_time;
  columns.registered.set(row, registered ? registered.nanoseconds / 1e9 : Number.NaN);
  const total = totalOf(agent);
  for (const name of quantityNames) columns[name].set(row, total[name]);
}

/** Returns all resources of an agent. */
export function totalOf({ total_resources = [] }: MasterResponseGetAgentsAgent): Quantities {
  return sumOf(total_resources);
}

/** What the executors of one framework hold on an agent, without their tasks. */
export interface ExecutorUse {
  readonly framework: string;
  readonly held: Quantities;
}

/** Returns what the executors of each framework hold on an agent. */
export function executorUseOf({ executor_use = [] }: MasterResponseGetAgentsAgent): ExecutorUse[] {
  return executor_use.map(({ framework_id, resources = [] }) => ({
    framework: framework_id.value,
    held: sumOf(resources),
  }));
}

function sumOf(resources: readonly Resource[]): Quantities {
  const sum = noQuantities();
  for (const { name, scalar } of resources) if (isQuantity(name)) sum[name] += scalar?.value ?? 0;
  return sum;
}

/** Returns one word for what an agent does: what an operator has asked for counts first. */
export function agentState({ active, deactivated, drain_info }: MasterResponseGetAgentsAgent): string {
  if (drain_info) return drain_info.state.toLowerCase();
  if (deactivated) return 'deactivated';
  return active ? 'active' : 'disconnected';
}

function attributesOf({ attributes = [] }: MasterResponseGetAgentsAgent['agent_info']): string[] {
  return attributes.map(({ name, scalar, text, ranges, set }) => {
    const value =
      text?.value ??
      scalar?.value ??
      set?.item?.join(',') ??
      ranges?.range?.map(({ begin, end }) => `${begin}-${end}`).join(',');
    return `${name}=${value ?? ''}`;
  });
}

/** Whether two messages of an agent differ in what its executors hold, and in nothing else that is its own. */
export function isChangeOfExecutors(one: MasterResponseGetAgentsAgent, other: MasterResponseGetAgentsAgent): boolean {
  const use = ({ executor_use }: MasterResponseGetAgentsAgent) => JSON.stringify(executor_use);
  return use(one) !== use(other) && withoutUse(one) === withoutUse(other);
}

function withoutUse(agent: MasterResponseGetAgentsAgent): string {
  const { executor_use, allocated_resources, offered_resources, ...own } = agent;
  return JSON.stringify(own);
}
