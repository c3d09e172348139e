import { lookupUser } from '@meseta/system';
import type { Owner } from './operation.ts';

/** Returns the user that a sandbox belongs to; undefined for the agent's own user. @throws {UserError} */
export async function ownerOf(user: string | undefined): Promise<Owner | undefined> {
  if (user === undefined || process.geteuid?.() !== 0) return undefined;
  const { uid, gid } = await lookupUser(user);
  return uid === 0 ? undefined : { uid, gid };
}
