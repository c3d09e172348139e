/** What operators do to the resources of an agent: reserve them for a role, and give them back. */
import type { Resource } from '@meseta/protocol/browser';
import { printResource, type Read, readResources } from '../ui/typed-amounts.ts';
import { readPairs } from '../ui/typed-pairs.ts';
import { type Action, aboutRole, call, type Problems } from './action.ts';
import { type AgentObject, agentEffect, agentIdOf, agentNameOf } from './agent-actions.ts';
import {
  choice,
  chosen,
  isDynamic,
  lastReservation,
  placeOf,
  principalField,
  reservedOf,
  resourcesOf,
} from './reserved-resources.ts';

const reserve: Action<AgentObject> = {
  name: 'reserve',
  title: 'Reserve',
  object: agentNameOf,
  // For which role is known when it is typed.
  check: (of, { role = '' } = {}) => ({ action: 'reserve', agent_id: agentIdOf(of), ...aboutRole(role) }),
  state: reservedOf,
  consequence: () =>
    'Keeps resources of the agent for one role. Offers of the agent are taken back as far as they are in the way; what tasks hold cannot be reserved.',
  fields: () => [
    { name: 'resources', label: 'Resources', kind: 'text', hint: 'Such as cpus:2;mem:512;ports:[31000-31009].' },
    { name: 'role', label: 'Role', kind: 'text' },
    principalField,
    { name: 'labels', label: 'Labels', kind: 'lines', hint: 'KEY=VALUE lines. Frameworks see them in offers.' },
  ],
  prepare(of, { resources = '', role = '', principal = '', labels = '' }) {
    const read = readResources(resources);
    const pairs = readPairs(labels, 'KEY=VALUE');
    const problems: Problems = {
      ...('problem' in read && { resources: read.problem }),
      ...(role.trim() === '' && { role: 'For which role? Give its name.' }),
      ...('problem' in pairs && { labels: pairs.problem }),
    };
    if ('problem' in read || 'problem' in pairs || Object.keys(problems).length > 0) return { problems };
    const reservations = [
      {
        type: 'DYNAMIC' as const,
        role: role.trim(),
        ...(principal.trim() && { principal: principal.trim() }),
        ...(pairs.value.length > 0 && { labels: { labels: pairs.value.map(([key, value]) => ({ key, value })) } }),
      },
    ];
    return call('RESERVE_RESOURCES', {
      agent_id: { value: agentIdOf(of) },
      resources: read.value.map(resource => ({ ...resource, reservations })),
    });
  },
  fieldOf: placeOf([
    ['principal', /principal/],
    ['role', /[Rr]ole/],
    ['resources', /./],
  ]),
  effect(of, { role = '' }) {
    const before = new Set(resourcesOf(of.agent).map(resource => JSON.stringify(resource)));
    return agentEffect(of, agent => {
      const now = agent && resourcesOf(agent);
      const isNew = now?.some(
        resource => lastReservation(resource)?.role === role.trim() && !before.has(JSON.stringify(resource)),
      );
      return isNew ? `Reserved for role ${role.trim()} on ${agentNameOf(of)}.` : undefined;
    });
  },
};

const unreserve: Action<AgentObject> = {
  name: 'unreserve',
  title: 'Unreserve',
  object: agentNameOf,
  check: of => ({ action: 'unreserve', agent_id: agentIdOf(of) }),
  state: reservedOf,
  /** @see packages/master/src/offers/validation/operations.ts, unreserveProblem */
  notNow: ({ agent }) =>
    resourcesOf(agent).some(isDynamic)
      ? undefined
      : 'Nothing of this agent is reserved that an operator or a framework could give back.',
  consequence: () => 'Gives the resources back to all roles. What tasks hold is refused.',
  fields: ({ agent }) => [
    choice('resource', 'Reservation', resourcesOf(agent).filter(isDynamic)),
    {
      name: 'part',
      label: 'How much of it',
      kind: 'text',
      hint: 'A number such as 1.5, or ports such as 31000-31009. Left empty: all of it.',
    },
  ],
  prepare(of, { resource, part = '' }) {
    const found = chosen(resource);
    if (found === undefined) return { problems: { resource: 'Which one? Choose a reservation.' } };
    const read = part.trim() === '' ? { value: found } : readPart(part.trim(), found);
    if ('problem' in read) return { problems: { part: read.problem } };
    return call('UNRESERVE_RESOURCES', { agent_id: { value: agentIdOf(of) }, resources: [read.value] });
  },
  fieldOf: (refusal, { part = '' }) => placeOf([[part.trim() === '' ? 'resource' : 'part', /./]])(refusal),
  effect: (of, { resource = '', part = '' }) =>
    agentEffect(of, agent => {
      // Also when a part of it is left: that is another amount.
      if (agent === undefined || resourcesOf(agent).some(each => JSON.stringify(each) === resource)) return undefined;
      const what = part.trim() === '' ? 'The reservation' : 'A part of the reservation';
      return `${what} on ${agentNameOf(of)} is taken away.`;
    }),
};

/** Reads an amount of a resource, in the resource's own form. */
function readPart(text: string, of: Resource): Read<Resource> {
  const open = of.ranges ? '[' : of.set ? '{' : '';
  const value = open === '' || text.startsWith(open) ? text : open === '[' ? `[${text}]` : `{${text}}`;
  const read = readResources(`${of.name}:${value}`);
  const [part] = 'value' in read ? read.value : [];
  if (part?.type !== of.type) return { problem: `'${text}' is no part of ${printResource(of)}.` };
  const { name: _, type: __, ...amount } = part;
  return { value: { ...of, ...amount } };
}

/** The actions on reservations of an agent. */
export const reservationActions: readonly Action<AgentObject>[] = [reserve, unreserve];
