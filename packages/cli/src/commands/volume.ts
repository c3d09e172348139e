/** The commands of `meseta volume`: persistent volumes. */
import { isTerminal, type MasterCall } from '@meseta/protocol';
import type { MasterClient } from '@meseta/scheduler';
import { readSize } from '../amounts.ts';
import { agentIdOf, clusterAgents, describeAgent, findAgents } from '../cluster-agents.ts';
import { command, UsageError } from '../command.ts';
import { confirm, confirmOptions } from '../confirm.ts';
import { LookupError, named } from '../find-task.ts';
import { listOptions, printList } from '../list.ts';
import { clusterOptions, withMaster } from '../master-option.ts';
import { additionTo, planVolume, readLabels, roleOf, type Volume, volumesOf } from '../operator/reserved.ts';
import { write } from '../output.ts';
import type { Column } from '../table.ts';

const agentOption = {
  agent: { type: 'string', value: 'AGENT', help: 'The agent, where several have such a volume' },
} as const;

interface Row extends Volume {
  /** The tasks that use it. */
  readonly tasks: readonly string[];
}

const columns: Column<Row>[] = [
  { header: 'VOLUME', value: ({ id }) => id, shrinks: 'middle' },
  { header: 'SIZE', value: ({ resource }) => `${resource.scalar?.value ?? 0} MB`, align: 'right' },
  { header: 'ROLE', value: ({ resource }) => roleOf(resource) ?? '*', shrinks: 'end' },
  { header: 'AGENT', value: ({ agent }) => agentIdOf(agent), shrinks: 'middle' },
  { header: 'HOST', value: ({ agent }) => agent.agent_info.hostname ?? '-', shrinks: 'middle', optional: true },
  { header: 'PATH', value: ({ resource }) => resource.disk?.volume?.container_path ?? '-', optional: true },
  { header: 'TASKS', value: ({ tasks }) => tasks.join(',') || '-', shrinks: 'end', optional: true },
];

async function tasksByVolume(client: MasterClient): Promise<Map<string, string[]>> {
  const users = new Map<string, string[]>();
  for (const { task_id, agent_id, state, resources = [] } of (await client.call({ type: 'GET_TASKS' }))?.get_tasks
    ?.tasks ?? []) {
    if (isTerminal(state)) continue;
    for (const { disk } of resources) {
      if (disk?.persistence === undefined) continue;
      const key = `${agent_id.value} ${disk.persistence.id}`;
      users.set(key, [...(users.get(key) ?? []), task_id.value]);
    }
  }
  return users;
}

/** `meseta volume list`. */
export const volumeList = command({
  name: 'volume list',
  summary: 'List persistent volumes, with the tasks that use them',
  options: { ...listOptions, agent: { type: 'string', value: 'AGENT', help: 'Only volumes of this agent' } },
  run: ({ master, agent: word, ...how }) =>
    withMaster(master, async client => {
      const agents = word === undefined ? await clusterAgents(client) : await findAgents(client, [word]);
      const users = await tasksByVolume(client);
      const rows = volumesOf(agents).map(volume => ({
        ...volume,
        tasks: users.get(`${agentIdOf(volume.agent)} ${volume.id}`) ?? [],
      }));
      // In JSON the agent is its id only: 'meseta agents --json' has the rest.
      const shown = rows.map(({ agent, ...row }) => ({ agent_id: agentIdOf(agent), ...row }));
      const isJson = how.json || how.format === 'json' || how.format === 'jsonl';
      if (isJson) printList({ columns: [], rows: shown, idOf: ({ id }) => id }, how);
      else printList({ columns, rows, idOf: ({ id }) => id }, how);
      return 0;
    }),
});

/** `meseta volume create`. */
export const volumeCreate = command({
  name: 'volume create',
  summary: 'Create a persistent volume of disk that is reserved for a role',
  arguments: 'VOLUME',
  options: {
    ...clusterOptions,
    agent: { type: 'string', value: 'AGENT', help: 'The agent whose disk it is made of' },
    role: { type: 'string', value: 'ROLE', help: 'The role for which the disk is reserved' },
    size: { type: 'string', value: 'SIZE', help: 'In MB, or as 2GB; a disk of type MOUNT is used as a whole' },
    path: { type: 'string', value: 'PATH', help: "Where tasks see it, in their sandbox (default: the volume's id)" },
    principal: { type: 'string', value: 'NAME', help: "The principal of the volume (default: the reservation's)" },
    label: { type: 'string', value: 'KEY=VALUE', multiple: true, help: 'A label of the reservation to use' },
  },
  notes: `VOLUME is an id of your choice. Its files outlive tasks and agents, until it is destroyed.

  meseta reserve S3 disk:2048 --role db
  meseta volume create db-0 --agent S3 --role db --size 2GB --path data`,
  run: ({ master, json, agent: word, role, size, path, principal, label }, [id, ...others]) => {
    if (id === undefined || others.length > 0) throw new UsageError('Which volume? Give one id of your choice');
    if (word === undefined) throw new UsageError('On which agent? Give --agent');
    if (role === undefined) throw new UsageError('For which role? Give --role');
    const plan = {
      ...{ id, role, containerPath: path ?? id, labels: readLabels(label) },
      size: size === undefined ? undefined : readSize('--size', size),
    };
    return withMaster(master, async client => {
      const [agent] = await findAgents(client, [word]);
      if (!agent) throw new UsageError('Give an agent');
      const volume = planVolume(agent, plan);
      const persistence = { id, ...(principal !== undefined ? { principal } : volume.disk?.persistence) };
      const volumes = [{ ...volume, disk: { ...volume.disk, persistence } }];
      await client.call({ type: 'CREATE_VOLUMES', create_volumes: { agent_id: { value: agentIdOf(agent) }, volumes } });
      await write('stdout', `${json ? JSON.stringify({ agent_id: agentIdOf(agent), id }) : id}\n`);
      return 0;
    });
  },
});

/** `meseta volume destroy`. */
export const volumeDestroy = command({
  name: 'volume destroy',
  summary: 'Destroy persistent volumes, with their files',
  arguments: 'VOLUME …',
  options: { ...clusterOptions, ...agentOption, ...confirmOptions },
  notes: 'A volume that a task uses is refused. Its disk remains reserved.',
  run: ({ master, json, agent, yes }, words) => {
    if (words.length === 0) throw new UsageError('Which volume? Give its id');
    return withMaster(master, async client => {
      const volumes = await findVolumes(client, words, agent);
      await confirm(yes, `Destroying ${volumes.map(describe).join(' and ')} removes all files in ${those(volumes)}`);
      for (const { agent, id, resource } of volumes) {
        const agent_id = { value: agentIdOf(agent) };
        await client.call({ type: 'DESTROY_VOLUMES', destroy_volumes: { agent_id, volumes: [resource] } });
        await write('stdout', `${json ? JSON.stringify({ agent_id: agent_id.value, id }) : id}\n`);
      }
      return 0;
    });
  },
});

const those = (volumes: readonly Volume[]) => (volumes.length === 1 ? 'it' : 'them');
const describe = ({ id, agent }: Volume) => `${id} of agent ${describeAgent(agent)}`;

/** `meseta volume grow`. */
export const volumeGrow = command({
  name: 'volume grow',
  summary: 'Add disk to a persistent volume that no task uses',
  arguments: 'VOLUME SIZE',
  options: { ...clusterOptions, ...agentOption },
  notes: `SIZE is what is added, in MB or as 2GB. The agent must have so much more disk reserved in the same way, and free.

  meseta volume grow db-0 512`,
  run: (values, words) =>
    resize(values, words, (volume, size) => ({
      change: size,
      call: { type: 'GROW_VOLUME', grow_volume: { ...placeOf(volume), addition: additionTo(volume, size) } },
    })),
});

/** `meseta volume shrink`. */
export const volumeShrink = command({
  name: 'volume shrink',
  summary: 'Take disk away from a persistent volume that no task uses; its files remain',
  arguments: 'VOLUME SIZE',
  options: { ...clusterOptions, ...agentOption },
  notes: `SIZE is what is taken away, in MB or as 2GB. The disk remains reserved.

  meseta volume shrink db-0 512`,
  run: (values, words) =>
    resize(values, words, (volume, size) => ({
      change: -size,
      call: { type: 'SHRINK_VOLUME', shrink_volume: { ...placeOf(volume), subtract: { value: size } } },
    })),
});

const placeOf = ({ agent, resource }: Volume) => ({ agent_id: { value: agentIdOf(agent) }, volume: resource });

/** Changes the size of the volume that words name, and prints its new size. */
function resize(
  { master, json, agent }: { readonly master?: string; readonly json?: boolean; readonly agent?: string },
  [word, text, ...others]: readonly string[],
  plan: (volume: Volume, size: number) => { readonly change: number; readonly call: MasterCall },
): Promise<number> {
  if (word === undefined || text === undefined || others.length > 0) {
    throw new UsageError('Give one volume, and by how much');
  }
  const size = readSize('SIZE', text);
  return withMaster(master, async client => {
    const [found] = await findVolumes(client, [word], agent);
    if (!found) throw new UsageError('Which volume? Give its id');
    const { change, call } = plan(found, size);
    await client.call(call);
    const { agent: at, id, resource } = found;
    const now = (resource.scalar?.value ?? 0) + change;
    await write(
      'stdout',
      `${json ? JSON.stringify({ agent_id: agentIdOf(at), id, size: now }) : `${id}: ${now} MB`}\n`,
    );
    return 0;
  });
}

/**
 * Finds the volumes that words name by their ids or parts of them.
 *
 * @throws {LookupError} when a word names none or several.
 */
async function findVolumes(
  client: MasterClient,
  words: readonly string[],
  agent: string | undefined,
): Promise<Volume[]> {
  const agents = agent === undefined ? await clusterAgents(client) : await findAgents(client, [agent]);
  const all = volumesOf(agents);
  return [...new Set(words.map(word => findVolume(all, word)))];
}

function findVolume(all: readonly Volume[], word: string): Volume {
  const [volume, ...others] = named([all], word, ({ id }) => [id]);
  if (!volume) throw new LookupError(`There is no volume '${word}'; 'meseta volume list' lists them`);
  if (others.length === 0) return volume;
  const some = [volume, ...others].slice(0, 5).map(describe).join(', ');
  throw new LookupError(`Several volumes match '${word}': ${some}; give more of the id, or --agent`);
}
