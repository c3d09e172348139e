/** `meseta reserve` and `meseta unreserve`. */
import type { Resource } from '@meseta/protocol';
import { printAmounts, readResources } from '../amounts.ts';
import { agentIdOf, describeAgent, findAgents } from '../cluster-agents.ts';
import { command, UsageError } from '../command.ts';
import { clusterOptions, withMaster } from '../master-option.ts';
import { findReserved, type Reserver, readLabels, reservedFor } from '../operator/reserved.ts';
import { write } from '../output.ts';
import { printable } from '../table.ts';

const reserverOptions = {
  role: { type: 'string', value: 'ROLE', help: 'The role for which they are reserved' },
  principal: { type: 'string', value: 'NAME', help: 'The principal of the reservation, with authentication your own' },
  label: { type: 'string', value: 'KEY=VALUE', multiple: true, help: 'A label of the reservation; may be repeated' },
} as const;

interface ReserverValues {
  readonly role?: string | undefined;
  readonly principal?: string | undefined;
  readonly label?: readonly string[] | undefined;
}

/** Reads these options. @throws {UsageError} */
function readReserver({ role, principal, label }: ReserverValues): Reserver {
  if (role === undefined) throw new UsageError('For which role? Give --role');
  return { role, ...(principal !== undefined && { principal }), labels: readLabels(label) };
}

async function tell(what: string, agentId: string, agent: string, resources: Resource[], json: boolean | undefined) {
  const text = json
    ? JSON.stringify({ agent_id: agentId, resources })
    : `${what} ${printAmounts(resources)} on ${agent}`;
  await write('stdout', `${json ? text : printable(text)}\n`);
}

/** `meseta reserve`. */
export const reserve = command({
  name: 'reserve',
  summary: 'Reserve resources of an agent for a role',
  arguments: 'AGENT RESOURCES',
  options: { ...clusterOptions, ...reserverOptions },
  notes: `RESOURCES is a list such as 'cpus:2;mem:512;ports:[31000-31009]'. Offers of the agent are taken back as far as they are
in the way; what tasks hold cannot be reserved. The agent remembers the reservation.

  meseta reserve S3 'cpus:2;mem:1024' --role db --label owner=ops`,
  run: ({ master, json, ...who }, [word, ...words]) => {
    const reserver = readReserver(who);
    if (word === undefined || words.length === 0) throw new UsageError('Give an agent, and the resources to reserve');
    const resources = reservedFor(readResources(words), reserver);
    return withMaster(master, async client => {
      const [agent] = await findAgents(client, [word]);
      if (!agent) throw new UsageError('Give an agent');
      const id = agentIdOf(agent);
      await client.call({ type: 'RESERVE_RESOURCES', reserve_resources: { agent_id: { value: id }, resources } });
      await tell('Reserved', id, describeAgent(agent), resources, json);
      return 0;
    });
  },
});

/** `meseta unreserve`. */
export const unreserve = command({
  name: 'unreserve',
  summary: 'Take the reservation of resources of an agent away',
  arguments: 'AGENT [RESOURCES]',
  options: { ...clusterOptions, ...reserverOptions },
  notes: `Without RESOURCES, all that is reserved for the role and is no volume. What tasks hold, and volumes, are refused; so is
what the agent's --resources reserve.

  meseta unreserve S3 cpus:2 --role db`,
  run: ({ master, json, ...who }, [word, ...words]) => {
    const reserver = readReserver(who);
    if (word === undefined) throw new UsageError('Which agent? Give its id or host');
    const wanted = words.length === 0 ? undefined : readResources(words);
    return withMaster(master, async client => {
      const [agent] = await findAgents(client, [word]);
      if (!agent) throw new UsageError('Give an agent');
      const id = agentIdOf(agent);
      const resources = findReserved(agent, reserver, wanted);
      await client.call({ type: 'UNRESERVE_RESOURCES', unreserve_resources: { agent_id: { value: id }, resources } });
      await tell('Unreserved', id, describeAgent(agent), resources, json);
      return 0;
    });
  },
});
