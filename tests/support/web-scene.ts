/** A cluster with something on every page of the web UI, the same each time: names, amounts, states. */
import type { TestContext } from 'node:test';
import type { FrameworkInfo, MasterCall, TaskInfo } from '@meseta/protocol';
import { eventually } from '@meseta/system/testing';
import { Cluster } from './cluster.ts';
import type { Flags } from './daemon.ts';
import { type Framework, shellTask } from './framework.ts';

/** See the top of this file. */
export interface WebScene {
  readonly cluster: Cluster;
  /** Of role `web`, with the tasks shop.1, shop.2 and api.1, which run, and api.2, which has failed. */
  readonly marathon: Framework;
  /** Of role `batch`, with the tasks crawl, which runs, and report, which has ended. */
  readonly chronos: Framework;
  /** Ids of agents by their names: node1 and node2, with tasks; node2, with a reservation and a volume for role `db`, too; node3, deactivated. */
  readonly agents: Readonly<Record<'node1' | 'node2' | 'node3', string>>;
}

/** What differs from a cluster that asks nobody who he is. */
export interface WebSceneOptions {
  readonly master?: Flags;
  /** Of each agent. */
  readonly agent?: Flags;
  /** Headers of the requests by which it is set up, such as Authorization. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly marathon?: Partial<FrameworkInfo>;
  readonly chronos?: Partial<FrameworkInfo>;
}

/** How a task writes what its page shows: as fast as it is read, and not endlessly. */
const serves = [
  'printf "\\033[32mready\\033[0m on port 31000\\n"',
  'for path in / /cart /search /cart/pay; do echo "GET $path 200"; done',
  'printf "\\033[33mslow\\033[0m: GET /search took 2.1 s\\n"',
  'sleep 1000',
].join('; ');

const labelled = (team: string, stage: string): Partial<TaskInfo> => ({
  labels: {
    labels: [
      { key: 'team', value: team },
      { key: 'stage', value: stage },
    ],
  },
});

/** Launches a task on one of the agents. */
async function place(framework: Framework, node: string, task: Partial<TaskInfo>): Promise<void> {
  const offer = await framework.offer(
    ({ hostname, resources = [] }) =>
      hostname === `${node}.example` && ['cpus', 'mem'].every(name => resources.some(each => each.name === name)),
  );
  await framework.launch(offer, [task]);
}

/** Starts it. */
export async function startWebScene(t: TestContext, options: WebSceneOptions = {}): Promise<WebScene> {
  const { master = {}, agent = {}, headers = {} } = options;
  const node = (name: string, zone: string, rack: string): Flags => ({
    ...agent,
    hostname: `${name}.example`,
    attributes: `rack:${rack};ssd:yes`,
    domain: JSON.stringify({ fault_domain: { region: { name: 'north' }, zone: { name: zone } } }),
  });
  const domain = JSON.stringify({ fault_domain: { region: { name: 'north' }, zone: { name: 'north-a' } } });
  const cluster = await Cluster.start(t, {
    master: { domain, ...master },
    agents: [node('node1', 'north-a', 'a'), node('node2', 'north-a', 'b'), node('node3', 'north-b', 'c')],
    headers,
  });
  const [node1 = '', node2 = '', node3 = ''] = await Promise.all(cluster.agents.map(each => cluster.registered(each)));
  const agents = { node1, node2, node3 };
  const call = async (message: MasterCall) => {
    const { ok, status, ...answer } = await fetch(`${cluster.master.origin}/api/v1`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...headers },
      body: JSON.stringify(message),
    });
    if (!ok) throw new Error(`${message.type}: ${status} ${JSON.stringify(answer)}`);
  };
  const reservations = [
    {
      type: 'DYNAMIC' as const,
      role: 'db',
      principal: 'ops',
      labels: { labels: [{ key: 'team', value: 'storage' }] },
    },
  ];
  const disk = { name: 'disk', type: 'SCALAR' as const, scalar: { value: 2048 }, reservations };
  const cpus = { name: 'cpus', type: 'SCALAR' as const, scalar: { value: 1 }, reservations };
  const agent_id = { value: node2 };
  await call({ type: 'RESERVE_RESOURCES', reserve_resources: { agent_id, resources: [disk, cpus] } });
  const volume = { mode: 'RW' as const, container_path: 'data' };
  const persistence = { id: 'db-0', principal: 'ops' };
  const volumes = [{ ...disk, scalar: { value: 512 }, disk: { persistence, volume } }];
  await call({ type: 'CREATE_VOLUMES', create_volumes: { agent_id, volumes } });
  await call({ type: 'DEACTIVATE_AGENT', deactivate_agent: { agent_id: { value: node3 } } });
  await call({ type: 'UPDATE_WEIGHTS', update_weights: { weight_infos: [{ role: 'web', weight: 2 }] } });
  await call({
    type: 'UPDATE_MAINTENANCE_SCHEDULE',
    update_maintenance_schedule: {
      schedule: {
        windows: [
          {
            machine_ids: [{ hostname: 'node3.example', ip: '127.0.0.1' }],
            // 2100-01-01 00:00
            unavailability: { start: { nanoseconds: 4_102_444_800e9 }, duration: { nanoseconds: 7200e9 } },
          },
        ],
      },
    },
  });

  const chronos = await cluster.framework({ name: 'chronos', roles: ['batch'], ...options.chronos });
  await place(chronos, 'node1', shellTask('crawl', serves, labelled('finance', 'test')));
  await chronos.reaches('crawl', 'TASK_RUNNING');
  await place(chronos, 'node2', shellTask('report', 'echo done', labelled('finance', 'production')));
  await chronos.end('report');
  // What is free is offered to the other one alone, and stays with it.
  await chronos.call({ type: 'SUPPRESS' });
  await eventually('no offer of chronos', async () => {
    if (chronos.offers.size > 0) await chronos.accept([...chronos.offers.values()], []);
    const { frameworks } = (await cluster.get('/frameworks')) as { frameworks: { offers: unknown[] }[] };
    return frameworks.every(({ offers }) => offers.length === 0);
  });

  const marathon = await cluster.framework({
    ...{ name: 'marathon', roles: ['web'], webui_url: 'https://marathon.example/' },
    ...options.marathon,
  });
  for (const [id, node, team] of [
    ['shop.1', 'node1', 'shop'],
    ['shop.2', 'node2', 'shop'],
    ['api.1', 'node2', 'platform'],
  ] as const) {
    await place(marathon, node, shellTask(id, serves, labelled(team, 'production')));
    await marathon.reaches(id, 'TASK_RUNNING');
  }
  await place(
    marathon,
    'node1',
    shellTask('api.2', 'echo "cannot bind to port 80" >&2; exit 3', labelled('platform', 'test')),
  );
  await marathon.end('api.2');
  // Last: with quotas, offers of an agent come in parts.
  await call({
    type: 'UPDATE_QUOTA',
    update_quota: {
      quota_configs: [
        { role: 'web', guarantees: { cpus: { value: 2 } }, limits: { cpus: { value: 6 } } },
        { role: 'batch', limits: { cpus: { value: 4 } } },
      ],
    },
  });
  return { cluster, marathon, chronos, agents };
}
