import { Prober } from './answers.ts';
import type { Benchmark, Effort } from './benchmark.ts';
import { BenchFramework } from './framework.ts';
import { agentsPerAddress, knownFramework, ManyAgents, noteOnSharing } from './many-agents.ts';
import type { BareHttp } from './processes/bare-http.ts';
import { withCleanups } from './processes/child.ts';
import { scenario } from './scenario.ts';

const tasksPerAgent = 10;

async function run(count: number, perAddress = 1) {
  return withCleanups(async cleanups => {
    const cluster = await ManyAgents.start(cleanups, count, [], perAddress);
    const bare = cleanups.child<BareHttp>('bare-http.ts');
    const post = { count: Math.ceil(count / perAddress), address: await bare.ask('address'), bytes: 700 };
    const connections = await cluster.agents.ask('post', post);

    let prober = new Prober(cluster.address);
    await cluster.master.ask('watchLoop');
    const registration = await cluster.agents.ask('register');
    const registrationLoop = await cluster.master.ask('loopDelay');
    const registrationAnswer = await prober.stop();

    const framework = knownFramework();
    await cluster.agents.ask('prepareReregistration', { framework, tasks: tasksPerAgent });
    const start = performance.now();
    await cluster.replaceMaster();
    prober = new Prober(cluster.address);
    await cluster.master.ask('watchLoop');
    const [subscription] = await Promise.all([
      BenchFramework.subscribe(cluster.address, framework),
      cluster.agents.ask('reregister'),
    ]);
    const back = performance.now() - start;
    cleanups.add(() => subscription.close());
    const backLoop = await cluster.master.ask('loopDelay');
    const backAnswer = await prober.stop();
    const { pss } = await cluster.master.ask('memory');
    return {
      connections: connections.ms,
      registration: registration.ms,
      registrationAnswer,
      registrationLoop,
      back,
      backAnswer,
      backLoop,
      pss,
    };
  });
}

const meanwhile = 'longest wait for /health meanwhile';
const few = scenario(2, ({ quick }) => run(quick ? 500 : 5000), [
  {
    name: 'registration of 5,000 agents',
    unit: 'ms',
    better: 'less',
    budget: { value: 2000 },
    note: 'simulated, all at once; baseline: as many connections with a POST each to a bare node:http server',
    value: ({ registration }) => registration,
    base: ({ connections }) => connections,
  },
  {
    name: 'registration of 5,000 agents, answers',
    unit: 'ms',
    better: 'less',
    budget: { value: 250 },
    note: meanwhile,
    value: ({ registrationAnswer }) => registrationAnswer,
  },
  {
    name: 'registration of 5,000 agents, event-loop delay p99 of the master',
    unit: 'ms',
    better: 'less',
    budget: { value: 50 },
    note: 'meanwhile',
    value: ({ registrationLoop }) => registrationLoop?.p99Ms ?? 0,
  },
  {
    name: 'master killed, 5,000 agents with 50,000 tasks back',
    unit: 'ms',
    better: 'less',
    budget: { value: 3000 },
    note: 'from kill -9, start of the next process included; baseline: 5,000 connections to a bare server',
    value: ({ back }) => back,
    base: ({ connections }) => connections,
  },
  {
    name: 'master killed, answers',
    unit: 'ms',
    better: 'less',
    budget: { value: 250 },
    note: `${meanwhile}, once the next master leads`,
    value: ({ backAnswer }) => backAnswer,
  },
  {
    name: 'master killed, event-loop delay p99 of the master',
    unit: 'ms',
    better: 'less',
    budget: { value: 50 },
    note: 'meanwhile',
    value: ({ backLoop }) => backLoop?.p99Ms ?? 0,
  },
  {
    name: 'memory of a master of 5,000 agents with 50,000 tasks',
    unit: 'MiB',
    better: 'less',
    note: 'after a collection; Apache Mesos needs 690',
    value: ({ pss }) => pss / 1024 / 1024,
  },
]);

const manyAgents = 10_000;
const shared = (note: string) => () => noteOnSharing(note, manyAgents);
const notRun = ({ quick }: Effort) => (quick ? 'takes long' : undefined);
const many: Benchmark[] = scenario(1, () => run(manyAgents, agentsPerAddress(manyAgents)), [
  {
    name: 'master killed, 10,000 agents with 100,000 tasks back',
    unit: 'ms',
    better: 'less',
    budget: { value: 8000 },
    note: shared('as with 5,000; Apache Mesos needs 8,300'),
    notRun,
    value: ({ back }) => back,
    base: ({ connections }) => connections,
  },
  {
    name: 'master killed, 10,000 agents, answers',
    unit: 'ms',
    better: 'less',
    note: shared(`${meanwhile}, once the next master leads; with Apache Mesos up to 8,700`),
    notRun,
    value: ({ backAnswer }) => backAnswer,
  },
  {
    name: 'master killed, 10,000 agents, event-loop delay p99 of the master',
    unit: 'ms',
    better: 'less',
    budget: { value: 50 },
    note: shared('meanwhile'),
    notRun,
    value: ({ backLoop }) => backLoop?.p99Ms ?? 0,
  },
  {
    name: 'memory of a master of 10,000 agents with 100,000 tasks',
    unit: 'MiB',
    better: 'less',
    budget: { value: 1024 },
    note: shared('after a collection; Apache Mesos needs 1,300'),
    notRun,
    value: ({ pss }) => pss / 1024 / 1024,
  },
]);

export default [...few, ...many];
