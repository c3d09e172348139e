/** Makes the views of roles. */
import { type Filters, shown } from '@meseta/daemon';
import type { Resource, Role } from '@meseta/protocol';
import { addQuantities, fromThousandths } from '@meseta/resources';
import type { RoleUse } from '../role-use.ts';
import { amounts, sorted } from './values.ts';

/**
 * Makes `/roles` of what the roles have.
 *
 * @see Mesos src/master/readonly_handler.cpp, Master::ReadOnlyHandler::roles
 */
export function rolesView(uses: readonly RoleUse[], see: Filters<'VIEW_ROLE'>): object {
  const roles = seenRoles(uses, see).map(({ name, weight, allocated, offered, ...role }) => ({
    name,
    weight,
    quota: {
      role: name,
      guarantee: amounts(role.guarantee),
      limit: amounts(role.limit),
      consumed: amounts(role.consumed),
    },
    resources: amounts(addQuantities(allocated, offered)),
    allocated: amounts(allocated),
    offered: amounts(offered),
    reserved: amounts(role.reserved),
    frameworks: role.frameworks,
  }));
  return { roles };
}

const namedInRoles = new Set(['cpus', 'mem', 'disk', 'gpus']);

/** Returns roles as in GET_ROLES. The message has no type for other resources than these. */
export function roleMessages(uses: readonly RoleUse[], see: Filters<'VIEW_ROLE'>): Role[] {
  return seenRoles(uses, see).map(({ name, weight, allocated, offered, frameworks }) => {
    const resources = sorted(addQuantities(allocated, offered))
      .filter(([resource]) => namedInRoles.has(resource))
      .map(
        ([resource, amount]): Resource => ({
          name: resource,
          type: 'SCALAR',
          scalar: { value: fromThousandths(amount) },
        }),
      );
    return {
      name,
      weight,
      ...(frameworks.length > 0 && { frameworks: frameworks.map(value => ({ value })) }),
      ...(resources.length > 0 && { resources }),
    };
  });
}

function seenRoles(uses: readonly RoleUse[], see: Filters<'VIEW_ROLE'>): RoleUse[] {
  return [...shown(uses, see.VIEW_ROLE, ({ name }) => ({ value: name }))];
}
