import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { systemProblem } from '../system-problem.ts';
import { type Clock, systemClock } from '../time/clock.ts';

/** No process can run as a user. The message has the reason. */
export class UserError extends Error {
  override readonly name = 'UserError';
  readonly code = 'USER';

  constructor(user: string, why: string, options?: { cause: unknown }) {
    super(`Cannot run as user '${user}': ${why}`, options);
  }
}

/** The numeric ids of a user of this machine. */
export interface User {
  readonly uid: number;
  readonly gid: number;
  /** The ids of all groups, including the primary one. */
  readonly groups: readonly number[];
}

const run = promisify(execFile);
const rememberMs = 60_000;
const remembered = new Map<string, { readonly at: number; readonly user: Promise<User> }>();

/**
 * Looks up a user with id(1), which asks every source of names on the machine (files, LDAP, …). Answers are kept for a
 * minute, so that a launch does not fork.
 *
 * @throws {UserError} when there is no such user, or id(1) failed.
 */
export function lookupUser(name: string, clock: Pick<Clock, 'steady'> = systemClock): Promise<User> {
  const known = remembered.get(name);
  if (known !== undefined && clock.steady() - known.at < rememberMs) return known.user;
  const user = query(name);
  remembered.set(name, { at: clock.steady(), user });
  user.catch(() => remembered.delete(name));
  return user;
}

/**
 * Returns the user to switch to; undefined when this process runs as that user already.
 *
 * @throws {UserError} when the user is unknown, or is another one and this process does not run as root.
 */
export async function switchTo(name: string): Promise<User | undefined> {
  const user = await lookupUser(name);
  const own = process.geteuid?.();
  if (user.uid === own) return undefined;
  if (own === 0) return user;
  throw new UserError(name, 'only root can switch users');
}

async function query(name: string): Promise<User> {
  try {
    const { stdout } = await run('id', ['--', name], { env: { PATH: process.env.PATH, LC_ALL: 'C' } });
    const [, uid, gid, groups] = /^uid=(\d+).*? gid=(\d+).*? groups=(.*)$/.exec(stdout.trim()) ?? [];
    if (groups === undefined) throw new Error(`unexpected answer of id(1): ${stdout}`);
    return {
      uid: Number(uid),
      gid: Number(gid),
      groups: [...groups.matchAll(/(?:^|,)(\d+)/g)].map(group => Number(group[1])),
    };
  } catch (cause) {
    throw new UserError(name, problemOf(cause as Error), { cause });
  }
}

/** Explains an error of id(1). Only id(1) itself can say that there is no such user. */
function problemOf(error: Error & { code?: unknown; stderr?: string; signal?: unknown }): string {
  const { code, stderr = '', signal } = error;
  if (code === 1 && /no such user/i.test(stderr)) return 'no such user';
  const said = stderr.trim() || (typeof code === 'number' ? `it exited with status ${code}` : undefined);
  const why =
    typeof signal === 'string' ? `it was ended by ${signal}` : (said ?? systemProblem(error as NodeJS.ErrnoException));
  return `the user could not be looked up with id(1): ${why}`;
}
