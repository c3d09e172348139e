/** What the forms about reservations and volumes have in common: the agent's resources, the choice of one, places of refusals. */
import type { MasterResponseGetAgentsAgent, Resource } from '@meseta/protocol/browser';
import type { RequestProblem } from '../requests/request.ts';
import { labelsText, megabytes } from '../ui/format.ts';
import { printResource } from '../ui/typed-amounts.ts';
import type { Field } from './action.ts';
import type { AgentObject } from './agent-actions.ts';

/** Returns the agent's resources in the present format only; the master sends some in the old one, too. */
export function resourcesOf({ total_resources = [] }: MasterResponseGetAgentsAgent): Resource[] {
  return total_resources.map(({ role: _, reservation: __, ...resource }) => resource);
}

/** Returns the reservation that counts: roles reserve for the roles below them. */
export const lastReservation = ({ reservations }: Resource) => reservations?.at(-1);
/** Returns the id of a persistent volume; undefined: it is none. */
export const volumeIdOf = ({ disk }: Resource): string | undefined => disk?.persistence?.id;
/** Tells whether a reservation can be taken away. */
export const isDynamic = (resource: Resource): boolean =>
  lastReservation(resource)?.type === 'DYNAMIC' && !volumeIdOf(resource);

/** Returns what is reserved on an agent, without amounts: the master asks about each kind of it. */
export function reservedOf({ agent }: AgentObject): string {
  const kinds = resourcesOf(agent)
    .filter(lastReservation)
    .map(resource =>
      [resource.name, lastReservation(resource)?.role, isDynamic(resource), volumeIdOf(resource)].join(),
    );
  return [...new Set(kinds)].sort().join(';');
}

/** Resources of which one is chosen. The value is the resource itself, so that the choice stays when the agent changes. */
export function choice(name: string, label: string, among: readonly Resource[]): Field {
  const choices = among.map(resource => ({ value: JSON.stringify(resource), label: describe(resource) }));
  return { name, label, kind: 'choice', choices, initial: choices[0]?.value ?? '' };
}

function describe(resource: Resource): string {
  const { role, principal, labels } = lastReservation(resource) ?? {};
  const id = volumeIdOf(resource);
  const what = id === undefined ? printResource(resource) : `${id}, ${megabytes(resource.scalar?.value ?? 0)}`;
  const who = [principal, labelsText(labels)].filter(Boolean);
  return `${what} for role ${role}${who.length > 0 ? ` (${who.join(', ')})` : ''}`;
}

/** Returns what was chosen. */
export const chosen = (value: string | undefined): Resource | undefined => (value ? JSON.parse(value) : undefined);

/** The principal of what is made. */
export const principalField: Field = {
  name: 'principal',
  label: 'Principal',
  kind: 'text',
  hint: 'Where the master requires authentication, your own. May be empty otherwise.',
  isPrincipal: true,
};

/** Where a refusal is shown. The words of the master only choose the place; without them it is shown for the whole form. */
export function placeOf(places: readonly (readonly [field: string, words: RegExp])[]) {
  return ({ code, message }: RequestProblem): string | undefined => {
    if (code !== 'OPERATION_INVALID' && code !== 'RESOURCES_UNAVAILABLE') return undefined;
    return places.find(([, words]) => words.test(message))?.[0];
  };
}
