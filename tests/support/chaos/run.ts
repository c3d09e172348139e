/** Makes chaos for a time, lets everything recover, and judges what is known then. */
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type CutNetwork, eventually } from '@meseta/system/testing';
import type { Daemon } from '../daemon.ts';
import { processesOf } from '../processes.ts';
import { endOf, isMistake, type Violation, violationsIn } from './check.ts';
import { ChaosCluster, type FrameworkProcess, type Scope } from './cluster.ts';
import { type Held, type JournalLine, type Refusal, type TaskEvidence, tasksOf } from './evidence.ts';
import { readLines, readText } from './journal.ts';
import { Supervisor } from './supervisor.ts';
import { ask, Witnesses } from './witnesses.ts';

/** Until everything has recovered. What has not by then is reported. */
const recoveryMs = 120_000;

/** Where faults happen. */
export interface Stage {
  readonly cluster: ChaosCluster;
  readonly supervisor: Supervisor;
  readonly witnesses: Witnesses;
  readonly report: (line: string) => void;
}

export interface ChaosOptions {
  /** Chooses what the frameworks do. */
  readonly seed: number;
  /** Lets faults happen, and resolves when all have been undone. @returns how many there were. */
  readonly disturb: (stage: Stage) => Promise<number>;
  readonly report: (line: string) => void;
  /** Each process gets a machine of its own in it. Default: all are on this machine. */
  readonly network?: CutNetwork;
  /** The directory of the cluster stays. */
  readonly keep?: boolean;
}

export interface ChaosResult {
  readonly violations: readonly Violation[];
  readonly faults: number;
  /** How often daemons ended by themselves, as a master does that has lost the lead. */
  readonly restarts: number;
  /** How many tasks ended in each state. */
  readonly ends: Readonly<Record<string, number>>;
  /** How many masters were seen leading. */
  readonly leaders: number;
  /** How many changes of the registry were acknowledged, of how many. */
  readonly changes: readonly [acknowledged: number, all: number];
}

/**
 * Runs a cluster, lets faults happen, and checks it.
 *
 * @param scope ends the cluster and removes its directory.
 */
export async function chaos(
  scope: Scope,
  { seed, disturb, report, network, keep = false }: ChaosOptions,
): Promise<ChaosResult> {
  const cluster = await ChaosCluster.start(scope, { seed, keep, network });
  const supervisor = new Supervisor();
  scope.after(() => supervisor.close());
  for (const each of cluster.all) supervisor.watch(each);
  report(`cluster in ${cluster.directory}, ZooKeeper in ${cluster.zookeeper.directory}`);
  const first = await eventually('three agents', () => registered(cluster));
  await eventually('the ids of the agents on disk', () =>
    cluster.agents.every(({ name }) => existsSync(path.join(cluster.directory, name, 'meta/slaves/latest'))),
  );
  const witnesses = new Witnesses(cluster.masters);
  const faults = await disturb({ cluster, supervisor, witnesses, report });
  await witnesses.stop();

  report('faults have ended; the cluster recovers');
  const hasLeader = await settled(() => ofLeader(cluster, '/weights'));
  if (!hasLeader) report('no master leads, so that nothing else can recover');
  const after = hasLeader ? await recovered(cluster, supervisor, report) : withoutLeader;
  supervisor.close();
  const tasks = cluster.frameworks.flatMap(tasksOfFramework);
  const { observations, changes } = witnesses;
  const evidence = {
    ...{ tasks, observations, changes, held: after.held, processes: after.processes },
    weights: await weightsOf(cluster),
    refusals: refusalsIn(cluster),
    agents: Object.fromEntries(
      cluster.agents.map(({ name }) => [name, [first, ...after.ids].map(ids => ids?.[name] ?? 'not registered')]),
    ),
    complaints: [...supervisor.complaints, ...errorsInLogs(cluster)],
  };
  const acknowledged = changes.filter(({ isAcknowledged }) => isAcknowledged).length;
  return {
    violations: violationsIn(evidence),
    ...{ faults, restarts: supervisor.restarts, changes: [acknowledged, changes.length] },
    ends: countOf(evidence.tasks.map(task => endOf(task)?.state ?? 'no end')),
    leaders: new Set(observations.map(({ master }) => master)).size,
  };
}

/** What is seen after the faults. */
interface Aftermath {
  readonly held: readonly Held[];
  readonly processes: readonly string[];
  /** Ids of the agents by name, after the faults and after one more start. */
  readonly ids: readonly (Record<string, string> | undefined)[];
}

const withoutLeader: Aftermath = { held: [{ where: 'masters', what: 'none leads' }], processes: [], ids: [undefined] };

/** Lets everything end that a leader is needed for, and looks at what is left. */
async function recovered(
  cluster: ChaosCluster,
  supervisor: Supervisor,
  report: (line: string) => void,
): Promise<Aftermath> {
  for (const framework of cluster.frameworks) await enter(framework, 'drain', supervisor);
  const tasks = () => cluster.frameworks.flatMap(tasksOfFramework);
  await settled(() => tasks().every(task => endOf(task) !== undefined));
  await settled(async () => (await heldIn(cluster)).length === 0 && leftIn(cluster).length === 0);
  const held = await heldIn(cluster);
  const processes = leftIn(cluster);
  const second = await settled(() => registered(cluster));

  report('agents start again on their directories; frameworks end');
  for (const agent of cluster.agents) {
    await supervisor.end(agent, 'SIGTERM');
    await supervisor.restore(agent);
  }
  const third = await settled(() => registered(cluster));
  for (const framework of cluster.frameworks) await enter(framework, 'teardown', supervisor);
  held.push(...(await tornDown(cluster)), ...leftContainers(cluster));
  return { held, processes, ids: [second, third] };
}

/** Waits until something holds, or for as long as recovery may take. @returns undefined when it does not hold. */
async function settled<T>(probe: () => T | Promise<T>): Promise<T | undefined> {
  const deadline = performance.now() + recoveryMs;
  while (performance.now() < deadline) {
    const found = await probe();
    if (found) return found;
    await sleep(200);
  }
  return undefined;
}

/** Starts a framework again in another phase. */
async function enter(
  framework: FrameworkProcess,
  phase: FrameworkProcess['phase'],
  supervisor: Supervisor,
): Promise<void> {
  await supervisor.end(framework, 'SIGTERM');
  framework.phase = phase;
  if (phase === 'teardown') framework.spawn();
  else await supervisor.restore(framework);
}

const tasksOfFramework = ({ journal, traces }: FrameworkProcess): TaskEvidence[] =>
  tasksOf(readLines<JournalLine>(journal), readText(traces).split('\n').filter(Boolean));

interface AgentView {
  readonly id: string;
  readonly pid: string;
  readonly active: boolean;
  readonly used_resources: Readonly<Record<string, unknown>>;
}

/** JSON of an endpoint of the leader. */
export async function ofLeader<T>({ masters }: ChaosCluster, url: string): Promise<T | undefined> {
  for (const master of masters) {
    const answer = await ask(master, url);
    if (answer?.status === 200) return JSON.parse(answer.text);
  }
  return undefined;
}

/** Ids of agents by name, when all are active. */
export async function registered(cluster: ChaosCluster): Promise<Record<string, string> | undefined> {
  const slaves = (await ofLeader<{ slaves: AgentView[] }>(cluster, '/slaves'))?.slaves.filter(({ active }) => active);
  if (slaves?.length !== cluster.agents.length) return undefined;
  return Object.fromEntries(
    cluster.agents.map(({ name, port }) => [name, slaves.find(({ pid }) => pid.endsWith(`:${port}`))?.id ?? '']),
  );
}

interface FrameworkView {
  readonly name: string;
  readonly tasks: readonly { readonly id: string; readonly state: string }[];
  readonly unreachable_tasks: readonly { readonly id: string }[];
}

/** What is in use according to the leader and to the agents. */
async function heldIn(cluster: ChaosCluster): Promise<Held[]> {
  const state = await ofLeader<{ slaves: AgentView[]; frameworks: FrameworkView[] }>(cluster, '/state');
  if (!state) return [{ where: 'masters', what: 'none leads' }];
  const used = state.slaves.flatMap(({ id, used_resources }) =>
    Object.entries(used_resources).flatMap(([name, amount]) =>
      amount === 0 || amount === '' ? [] : { where: id, what: `${name} ${amount} in use` },
    ),
  );
  const tasks = state.frameworks.flatMap(({ name, tasks, unreachable_tasks }) =>
    [...tasks, ...unreachable_tasks].map(({ id }) => ({ where: name, what: `the master has task ${id}` })),
  );
  const onAgents = await Promise.all(cluster.agents.map(agent => heldBy(agent)));
  return [...used, ...tasks, ...onAgents.flat()];
}

async function heldBy(agent: Daemon): Promise<Held[]> {
  const answer = await ask(agent, '/state');
  if (answer?.status !== 200) return [{ where: agent.name, what: 'does not answer' }];
  const { frameworks } = JSON.parse(answer.text) as {
    frameworks: { executors: { id: string; tasks: { id: string }[]; queued_tasks: { id: string }[] }[] }[];
  };
  return frameworks
    .flatMap(({ executors }) => executors)
    .map(({ id }) => ({ where: agent.name, what: `has executor ${id}` }));
}

/** Processes of tasks, executors and shims. */
function leftIn(cluster: ChaosCluster): string[] {
  const pids = new Set(cluster.all.filter(({ running }) => running).map(({ pid }) => pid));
  return processesOf(cluster.directory)
    .filter(({ pid, command }) => !pids.has(pid) && !command.startsWith('meseta-spawner'))
    .map(({ pid, command }) => `${pid} ${command}`);
}

/** Waits for the end of the frameworks. */
async function tornDown(cluster: ChaosCluster): Promise<Held[]> {
  const isOver = await settled(() => cluster.frameworks.every(({ running }) => !running));
  const found = isOver ? [] : [{ where: 'frameworks', what: 'do not end' }];
  for (const framework of cluster.frameworks) {
    if (framework.running) await framework.kill();
    else if ((await framework.ended) !== 'code 0') found.push({ where: framework.name, what: await framework.ended });
  }
  const frameworks = await settled(
    async () => (await ofLeader<{ frameworks: unknown[] }>(cluster, '/state'))?.frameworks.length === 0,
  );
  return frameworks ? found : [...found, { where: 'the leader', what: 'still has frameworks' }];
}

/** Containers of which agents still know in their runtime directories. */
const leftContainers = ({ directory, agents }: ChaosCluster): Held[] =>
  agents.flatMap(({ name }) => {
    const containers = path.join(directory, `${name}-run`, 'containers');
    const left = existsSync(containers) ? readdirSync(containers) : [];
    return left.map(id => ({ where: name, what: `keeps container ${id} in its runtime directory` }));
  });

async function weightsOf(cluster: ChaosCluster): Promise<Record<string, number> | undefined> {
  const weights = await ofLeader<{ role: string; weight: number }[]>(cluster, '/weights');
  return weights && Object.fromEntries(weights.map(({ role, weight }) => [role, weight]));
}

const refusalsIn = ({ masters }: ChaosCluster): Refusal[] =>
  masters.flatMap(({ name, logPath }) => {
    const ends = readText(logPath)
      .split('\n')
      .filter(line => line.includes('The master cannot go on'));
    const what = ends.findLast(line => line.includes('ZooKeeper has lost data'));
    return what === undefined ? [] : { where: name, what, isLast: what === ends.at(-1) };
  });

function errorsInLogs({ all }: ChaosCluster): Held[] {
  return all.flatMap(({ name, logPath }) => {
    const found = readText(logPath).split('\n').find(isMistake);
    return found === undefined ? [] : { where: name, what: `logged: ${found}` };
  });
}

function countOf(values: readonly string[]): Record<string, number> {
  return Object.fromEntries([...Map.groupBy(values, value => value)].map(([value, all]) => [value, all.length]));
}
