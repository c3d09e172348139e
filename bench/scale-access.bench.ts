/** What authentication and authorization cost: the same steps with both, and without. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Effort } from './benchmark.ts';
import { BenchFramework } from './framework.ts';
import { agentsPerAddress, ManyAgents, noteOnSharing } from './many-agents.ts';
import { type Cleanups, withCleanups } from './processes/child.ts';
import { offersOfAll, type Step, step } from './scale-steps.ts';
import { type Row, scenario } from './scenario.ts';
import { runTasks } from './tasks-on-agents.ts';
import { perSecond } from './timing.ts';

const tasksPerAgent = 10;
const updatesPerTask = 10;
/** A master takes at most 5000 authentications of one IP address at once. */
const agentsOf = ({ quick }: Effort) => (quick ? 500 : 2000);

const agentCredential = { principal: 'agents', secret: 'secret-of-agents' };
const framework = { principal: 'bench', secret: 'secret-of-bench' };
/** Principals that the lists name besides, so that there is something to look through. */
const others = Array.from({ length: 20 }, (_, number) => `team-${number}`);

/** Each team has its own roles, and nothing is allowed to others. */
const acls = {
  permissive: false,
  register_agents: [{ principals: { values: [agentCredential.principal] }, agents: { type: 'ANY' } }],
  register_frameworks: [...others, framework.principal].map(team => ({
    principals: { values: [team] },
    roles: { values: [team, `${team}/%`] },
  })),
  run_tasks: [...others, framework.principal].map(team => ({
    principals: { values: [team] },
    users: { type: 'ANY' },
  })),
};

/** Returns the flags of a master that lets only those in who prove who they are, and asks what they may do. */
function accessFlags(cleanups: Cleanups): string[] {
  const file = join(cleanups.directory(), 'credentials.json');
  const credentials = [agentCredential, framework, ...others.map(principal => ({ principal, secret: principal }))];
  writeFileSync(file, JSON.stringify({ credentials }), { mode: 0o600 });
  return [
    '--authenticate_agents',
    '--authenticate_http_frameworks',
    '--http_framework_authenticators=basic',
    `--credentials=${file}`,
    `--acls=${JSON.stringify(acls)}`,
  ];
}

interface Steps {
  readonly registration: Step;
  readonly launch: Step;
  readonly updates: Step;
}

async function steps(effort: Effort, secured: boolean): Promise<Steps> {
  return withCleanups(async cleanups => {
    const agents = agentsOf(effort);
    const flags = ['--allocation_interval=100ms', ...(secured ? accessFlags(cleanups) : [])];
    const cluster = await ManyAgents.start(cleanups, agents, flags, agentsPerAddress(agents));
    const registration = await step(cluster, async () => {
      const joined = secured ? cluster.agents.ask('proveAndRegister', agentCredential) : cluster.agents.ask('register');
      return (await joined).ms;
    });
    const { principal, secret } = framework;
    const basic = `Basic ${Buffer.from(`${principal}:${secret}`).toString('base64')}`;
    const info = { principal };
    const bench = await BenchFramework.subscribe(cluster.address, info, secured ? basic : undefined);
    cleanups.add(() => bench.close());
    await offersOfAll(bench, agents);
    await cluster.agents.ask('script', ['TASK_RUNNING']);
    const launch = await step(cluster, () =>
      perSecond(agents * tasksPerAgent, () => runTasks(bench, agents, tasksPerAgent, 'long', 'TASK_RUNNING')),
    );
    await cluster.agents.ask('script', [...Array(updatesPerTask - 1).fill('TASK_RUNNING'), 'TASK_FINISHED']);
    const updates = await step(cluster, () =>
      perSecond(agents * updatesPerTask, () => runTasks(bench, agents, 1, 'update')),
    );
    return { registration, launch, updates };
  });
}

async function run(effort: Effort) {
  const open = await steps(effort, false);
  return { open, secured: await steps(effort, true) };
}

type Results = Awaited<ReturnType<typeof run>>;

/** A line for a step, and one for the processor time that it took the master. */
function lines(name: string, unit: string, stepOf: (steps: Steps) => Step, note: string): Row<Results>[] {
  const full = `scale: with authentication and ACLs, ${name}`;
  return [
    {
      ...{ name: full, unit, better: unit === 'ms' ? 'less' : 'more' },
      note: () => noteOnSharing(`${note}; baseline: the same without`, 2000),
      value: ({ secured }) => stepOf(secured).value,
      base: ({ open }) => stepOf(open).value,
    },
    {
      ...{ name: `${full}, processor time of the master`, unit: 'ms', better: 'less' },
      note: 'baseline: the same without',
      value: ({ secured }) => stepOf(secured).cpuMs,
      base: ({ open }) => stepOf(open).cpuMs,
    },
  ];
}

const rows = [
  ...lines('registration of 2,000 agents', 'ms', ({ registration }) => registration, '500 with --quick'),
  ...lines('launch of 20,000 tasks', '1/s', ({ launch }) => launch, 'until TASK_RUNNING, acknowledged'),
  ...lines(
    'status updates with 20,000 tasks',
    '1/s',
    ({ updates }) => updates,
    `${updatesPerTask} of each of 2,000 tasks, launched meanwhile`,
  ),
];

export default scenario(1, run, rows).map(row => ({ ...row, minutes: 10 }));
