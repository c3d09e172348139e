/** A leader that was elected in ZooKeeper is killed: ten thousand agents with their tasks go to the standby. */
import { Agent } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { needsZooKeeper, ZooKeeper } from '@meseta/storage/testing';
import { masterElection, parseZooKeeperAddress } from '@meseta/storage/zookeeper';
import { answer, get, Prober } from './answers.ts';
import { bareChanges } from './bare-zookeeper.ts';
import type { Effort } from './benchmark.ts';
import { BenchFramework } from './framework.ts';
import { agentsPerAddress, knownFramework, ManyAgents, noteOnSharing } from './many-agents.ts';
import type { AgentsProcess } from './processes/agents.ts';
import { type Child, type Cleanups, withCleanups } from './processes/child.ts';
import type { MasterProcess } from './processes/master.ts';
import { scenario } from './scenario.ts';

const tasksPerAgent = 10;
const sessionTimeout = '2secs';
/** How many agents the registrar stores at once, and bytes of each. */
const [storedAtOnce, agentBytes] = [512, 700];

/** Resolves when the detector reports this master. */
function elected(zk: string, address: string): Promise<void> {
  const { detector } = masterElection({ address: parseZooKeeperAddress(zk), timeoutMs: 10_000 });
  return new Promise(resolve => {
    const stop = detector.watch(leader => {
      if (leader?.pid !== `master@${address}`) return;
      resolve();
      queueMicrotask(() => stop());
    });
  });
}

/** Resolves when a master serves as the leader. */
async function serves(address: string): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  while ((await answer(`http://${address}/slaves?slave_id=none`, { agent })).status !== 200) await sleep(5);
  agent.destroy();
}

/** Fails unless the master has all agents and tasks. */
async function assertBack(address: string, agents: number, tasks: number): Promise<void> {
  const metrics = JSON.parse((await get(`http://${address}/metrics/snapshot`)).toString()) as Record<string, number>;
  const { 'master/slaves_active': active, 'master/tasks_running': running } = metrics;
  if (active !== agents || running !== tasks) throw new Error(`${active} agents and ${running} tasks are back`);
}

/** A registration storm at a master without ZooKeeper. */
async function registrationWithSqlite(agents: number, perAddress: number): Promise<number> {
  return withCleanups(async cleanups => {
    const cluster = await ManyAgents.start(cleanups, agents, [], perAddress);
    return (await cluster.agents.ask('register')).ms;
  });
}

/** A master that takes part in the election. @returns it when it serves, as the leader or not. */
async function startMaster(cleanups: Cleanups, zk: string): Promise<{ master: Child<MasterProcess>; address: string }> {
  const directory = cleanups.directory();
  const argv = [
    `--zk=${zk}`,
    '--quorum=1',
    `--zk_session_timeout=${sessionTimeout}`,
    '--port=0',
    `--work_dir=${directory}/m`,
  ];
  const master = cleanups.child<MasterProcess>('master.ts', argv);
  return { master, address: await master.ask('address') };
}

async function run({ quick }: Effort) {
  const count = quick ? 1000 : 10_000;
  const perAddress = agentsPerAddress(count);
  const sqlite = await registrationWithSqlite(count, perAddress);
  return withCleanups(async cleanups => {
    const zookeeper = await ZooKeeper.start({ heapMb: 512 });
    cleanups.add(() => zookeeper.close());
    const bareAddress = parseZooKeeperAddress(`zk://${zookeeper.hosts}/bare`);
    const bytes = new Uint8Array(storedAtOnce * agentBytes).fill(1);
    const bareWrites = await bareChanges(bareAddress, 1, Math.ceil(count / storedAtOnce), bytes);

    const zk = `zk://${zookeeper.hosts}/mesos`;
    const leader = await startMaster(cleanups, zk);
    const standby = await startMaster(cleanups, zk);
    const agents = cleanups.child<AgentsProcess>('agents.ts');
    await agents.ask('start', { count, perAddress, master: leader.address });
    let prober = new Prober(leader.address);
    await leader.master.ask('watchLoop');
    const registration = await agents.ask('register');
    const registrationLoop = await leader.master.ask('loopDelay');
    const registrationAnswer = await prober.stop();

    const framework = knownFramework();
    await agents.ask('prepareReregistration', { framework, tasks: tasksPerAgent });
    await agents.ask('follow', standby.address);
    const next = elected(zk, standby.address);
    prober = new Prober(standby.address);
    await standby.master.ask('watchLoop');
    await leader.master.end('kill');
    await next;
    const sessionEnd = performance.now();
    await serves(standby.address);
    const opening = performance.now() - sessionEnd;
    const [subscription] = await Promise.all([
      BenchFramework.subscribe(standby.address, framework),
      agents.ask('reregister'),
    ]);
    const back = performance.now() - sessionEnd;
    cleanups.add(() => subscription.close());
    const backLoop = await standby.master.ask('loopDelay');
    const backAnswer = await prober.stop();
    await assertBack(standby.address, count, count * tasksPerAgent);
    const { pss } = await standby.master.ask('memory');
    return {
      ...{ sqlite, bareWrites, registration: registration.ms, registrationLoop, registrationAnswer },
      ...{ opening, back, backLoop, backAnswer, pss },
    };
  });
}

const notRun = () => needsZooKeeper.skip || undefined;
const common = { unit: 'ms', better: 'less', notRun } as const;
const lines = scenario(1, run, [
  {
    ...common,
    name: 'scale: registration of 10,000 agents, registry in ZooKeeper',
    note: '1,000 with --quick; baseline: the same with SQLite',
    value: ({ registration }) => registration,
    base: ({ sqlite }) => sqlite,
  },
  {
    ...common,
    name: 'scale: registration of 10,000 agents, more in ZooKeeper than in SQLite',
    note: `baseline: as many bare changes of a node of as many bytes, ${storedAtOnce} agents each`,
    value: ({ registration, sqlite }) => registration - sqlite,
    base: ({ bareWrites }) => bareWrites,
  },
  {
    ...common,
    name: 'scale: registration with ZooKeeper, answers',
    budget: { value: 250 },
    note: 'longest wait for /health meanwhile',
    value: ({ registrationAnswer }) => registrationAnswer,
  },
  {
    ...common,
    name: 'scale: registration with ZooKeeper, event-loop delay p99 of the master',
    budget: { value: 50 },
    note: 'meanwhile',
    value: ({ registrationLoop }) => registrationLoop?.p99Ms ?? 0,
  },
  {
    ...common,
    name: 'scale: leader killed, the standby leads',
    note: 'from the end of the session until it has read the registry of 10,000 agents and serves',
    value: ({ opening }) => opening,
  },
  {
    ...common,
    name: 'scale: leader killed, 10,000 agents with 100,000 tasks back at the standby',
    budget: { value: 8000 },
    note: () => noteOnSharing('from the end of the session', 10_000),
    value: ({ back }) => back,
  },
  {
    ...common,
    name: 'scale: leader killed, answers',
    budget: { value: 250 },
    note: 'longest wait for /health of the standby, from the kill on',
    value: ({ backAnswer }) => backAnswer,
  },
  {
    ...common,
    name: 'scale: leader killed, event-loop delay p99 of the standby',
    budget: { value: 50 },
    note: 'from the kill on',
    value: ({ backLoop }) => backLoop?.p99Ms ?? 0,
  },
  {
    ...common,
    name: 'scale: leader killed, longest event-loop delay of the standby',
    note: 'from the kill on',
    value: ({ backLoop }) => backLoop?.maxMs ?? 0,
  },
  {
    ...common,
    name: 'scale: memory of the new leader',
    unit: 'MiB',
    budget: { value: 1024 },
    note: 'after a collection',
    value: ({ pss }) => pss / 1024 / 1024,
  },
]);

export default lines.map(line => ({ ...line, minutes: 10 }));
