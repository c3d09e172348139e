/** Roles, for tests. */
import type { RoleView } from '../roles/role-view.ts';

/** Makes a role without frameworks. */
export function aRole(name: string, of: Partial<RoleView> = {}): RoleView {
  return {
    name,
    weight: 1,
    quota: { guarantee: {}, limit: {}, consumed: {} },
    allocated: {},
    offered: {},
    reserved: {},
    frameworks: [],
    ...of,
  };
}
