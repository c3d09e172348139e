import type { CommandInfo, ExecutorInfo, Offer, OfferOperation, Resource, TaskInfo } from '@meseta/protocol';
import { scalars, taskOn } from './framework.ts';

/** Operations with about everything in them that an agent takes. */
export function everyOperation(offer: Offer, id: string): OfferOperation[] {
  const command: CommandInfo = {
    shell: true,
    value: 'true',
    environment: { variables: [{ name: 'NAME', type: 'VALUE', value: 'x' }] },
    uris: [{ value: '/etc/hostname', executable: false, extract: false, cache: false, output_file: 'hostname' }],
  };
  const volume: Resource = {
    name: 'disk',
    type: 'SCALAR',
    scalar: { value: 1 },
    allocation_info: { role: 'enemy' },
    reservations: [{ type: 'DYNAMIC', role: 'enemy', labels: { labels: [{ key: 'a', value: 'b' }] } }],
    disk: { persistence: { id }, volume: { mode: 'RW', container_path: 'data' } },
  };
  const { disk: _, ...reserved } = volume;
  const task = (name: string): TaskInfo => ({
    ...taskOn(offer, { task_id: { value: `${id}-${name}` }, command }),
    kill_policy: { grace_period: { nanoseconds: 1e9 } },
    max_completion_time: { nanoseconds: 5e9 },
    labels: { labels: [{ key: 'k', value: 'v' }] },
    discovery: { visibility: 'CLUSTER', name: 'n', ports: { ports: [{ number: 80, name: 'http', protocol: 'tcp' }] } },
  });
  const executor: ExecutorInfo = {
    type: 'CUSTOM',
    executor_id: { value: `${id}-e` },
    ...(offer.framework_id ? { framework_id: offer.framework_id } : {}),
    command: { ...command, value: 'exit 1' },
    resources: scalars(offer, { cpus: 0.1, mem: 32 }),
    shutdown_grace_period: { nanoseconds: 1e9 },
  };
  const { command: __, ...custom } = task('custom');
  return [
    { type: 'RESERVE', reserve: { resources: [reserved] } },
    { type: 'CREATE', create: { volumes: [volume] } },
    {
      type: 'LAUNCH',
      launch: {
        task_infos: [
          task('plain'),
          { ...task('volume'), resources: [...scalars(offer, { cpus: 0.1, mem: 32 }), volume] },
          { ...custom, executor },
        ],
      },
    },
    { type: 'DESTROY', destroy: { volumes: [volume] } },
    { type: 'UNRESERVE', unreserve: { resources: [reserved] } },
  ];
}
