/** The roles of the master, which has no events about them. */
import { Poll } from '../requests/poll.ts';
import { jsonOf, request } from '../requests/request.ts';
import { expectShape } from '../requests/shape.ts';
import { type RoleView, roleShape } from './role-view.ts';

/** How often they are read, in milliseconds. */
const EVERY_MS = 5000;

/** All roles. */
export interface Roles {
  readonly byName: ReadonlyMap<string, RoleView>;
  /** What the master has sent. */
  readonly text: string;
}

/** The roles that all parts of the page show. The same object until they change, so that a table of ten thousand is not made again. */
export const roles = new Poll<Roles>({
  everyMs: EVERY_MS,
  async ask(signal, last) {
    const text = await (await request('/roles', { signal })).text();
    if (text === last?.text) return last;
    const { roles } = expectShape<{ readonly roles: readonly RoleView[] }>(jsonOf(text), { roles: [roleShape] });
    return { text, byName: new Map(roles.map(role => [role.name, role])) };
  },
});
