import { fromBinary, toBinary } from '@bufbuild/protobuf';
import {
  decode,
  encode,
  type MessageType,
  ReregisterSlaveMessage,
  type Resource,
  StatusUpdate,
  TaskInfo,
} from '@meseta/protocol';
import type { Benchmark, Effort } from './benchmark.ts';
import { loadRegistry, loadRoot } from './protobuf-es.ts';

const scalar = (name: string, value: number): Resource => ({
  name,
  type: 'SCALAR',
  scalar: { value },
  allocation_info: { role: '*' },
});
const resources = [scalar('cpus', 0.5), scalar('mem', 128), scalar('disk', 512)];
const uuid = 'cI5pnSxlT1Wg8O6GBBzerw==';
const agentId = { value: '8d2c1b6e-7a5f-4c0d-9a51-1f2e3d4c5b6a-S17' };
const frameworkId = { value: '8d2c1b6e-7a5f-4c0d-9a51-1f2e3d4c5b6a-0001' };

const task: TaskInfo = {
  name: 'web',
  task_id: { value: 'web.4f0d7c1a' },
  agent_id: agentId,
  resources,
  command: {
    value: 'exec bin/server --port=$PORT0',
    environment: { variables: Array.from({ length: 8 }, (_, i) => ({ name: `NAME_${i}`, value: `value ${i}` })) },
    uris: [{ value: 'http://files.example.com/server.tar.gz', extract: true }],
  },
  labels: { labels: [{ key: 'team', value: 'shop' }] },
};

const update: StatusUpdate = {
  framework_id: frameworkId,
  agent_id: agentId,
  timestamp: 1795236858.594538,
  uuid,
  status: {
    task_id: task.task_id,
    state: 'TASK_RUNNING',
    source: 'SOURCE_EXECUTOR',
    agent_id: agentId,
    timestamp: 1795236858.594538,
    uuid,
    container_status: {
      container_id: { value: '5f3a86f1-92f9-4ef5-a9d4-bb46b32a2a0a' },
      network_infos: [{ ip_addresses: [{ ip_address: '10.0.0.17', protocol: 'IPv4' }] }],
    },
  },
};

const reregistration: ReregisterSlaveMessage = {
  agent: { id: agentId, hostname: 'agent-17.example.com', port: 5051, resources, checkpoint: true },
  version: '1.12.0',
  frameworks: [{ id: frameworkId, user: 'shop', name: 'services', capabilities: [{ type: 'PARTITION_AWARE' }] }],
  tasks: Array.from({ length: 10 }, (_, i) => ({
    name: `web ${i}`,
    task_id: { value: `web.${i}` },
    framework_id: frameworkId,
    agent_id: agentId,
    state: 'TASK_RUNNING',
    resources,
    statuses: [update.status],
    status_update_state: 'TASK_RUNNING',
    status_update_uuid: uuid,
  })),
};

/** Calls a second, over a time that lets the compiler settle. */
async function rate(work: () => unknown, { quick }: Effort): Promise<number> {
  const durationMs = quick ? 20 : 200;
  const start = performance.now();
  let calls = 0;
  let elapsedMs = 0;
  while (elapsedMs < durationMs) {
    for (let i = 0; i < 10; i++) work();
    calls += 10;
    elapsedMs = performance.now() - start;
  }
  return (calls / elapsedMs) * 1000;
}

const root = loadRoot();
const registry = loadRegistry(root);

function comparisons<T>(type: MessageType<T>, message: T): Benchmark[] {
  const bytes = encode(type, message);
  const schema = registry.getMessage(type.fullName)!;
  const es = fromBinary(schema, bytes);
  const js = root.lookupType(type.fullName);
  const jsMessage = js.decode(bytes);
  const compare = (verb: string, library: string, measured: () => unknown, baseline: () => unknown): Benchmark => ({
    name: `codec: ${verb} ${type.name} (${library})`,
    unit: '1/s',
    better: 'more',
    note: `${bytes.length} bytes; baseline: ${library}`,
    baseline: effort => rate(baseline, effort),
    measure: effort => rate(measured, effort),
  });
  const ourEncode = () => encode(type, message);
  const ourDecode = () => decode(type, bytes);
  return [
    compare('encode', 'protobuf-es', ourEncode, () => toBinary(schema, es)),
    compare('decode', 'protobuf-es', ourDecode, () => fromBinary(schema, bytes)),
    compare('encode', 'protobufjs', ourEncode, () => js.encode(jsMessage).finish()),
    compare('decode', 'protobufjs', ourDecode, () => js.decode(bytes)),
  ];
}

export default [
  ...comparisons(TaskInfo, task),
  ...comparisons(StatusUpdate, update),
  ...comparisons(ReregisterSlaveMessage, reregistration),
] satisfies Benchmark[];
