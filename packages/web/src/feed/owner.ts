/** Whose data the worker has: what one principal saw must not be shown to another. Pure. */

/** What a page has learned of the user. All pages of a browser send the same, one after the other. */
export interface UserNews {
  /** Undefined: no user is signed in, or the master does not authenticate. */
  readonly principal: string | undefined;
  /** Whether the master lets this user read: signed in, or not asked. */
  readonly mayRead: boolean;
  /** The user has signed out. A session that is merely over leaves what is shown. */
  readonly isOver: boolean;
}

/** `restart`: asks the master again, now. `forget`: the same, and what there is goes first. */
export type OwnerAction = 'keep' | 'restart' | 'forget';

/**
 * Returns whose the data are from now on, and what to do about them. Twice the same news does something once.
 *
 * @param waits the master has refused everything until a user signs in.
 */
export function takeUser(
  owner: string | undefined,
  { principal, mayRead, isOver }: UserNews,
  waits: boolean,
): readonly [owner: string | undefined, action: OwnerAction] {
  if (isOver) return [undefined, owner === undefined ? 'keep' : 'forget'];
  if (!mayRead) return [owner, 'keep'];
  if (owner !== undefined && owner !== principal) return [principal, 'forget'];
  return [principal, waits ? 'restart' : 'keep'];
}
