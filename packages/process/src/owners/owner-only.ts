import type { Socket } from 'node:net';
import type { Report } from '../report.ts';
import { ownerOfPeer } from './peer-owner.ts';
import type { SocketOwners } from './socket-owners.ts';

/** The decision about a connection: served, with the user id of its other end, or refused with a message. */
export type Verdict = { readonly uid: number } | { readonly refusal: string };

/** Decides about a connection, once, before any of its data is read. */
export type Admit = (socket: Socket) => Promise<Verdict>;

/** The users that a private daemon serves. */
export interface OwnerOnly {
  /** The id of the owner. Root is served as well, because it can become any user. */
  readonly uid: number;
  /** Other users that are served in part; handlers decide by `Request.peer.uid`. Default: none. */
  readonly alsoServes?: (uid: number) => boolean;
  /** The daemon's name in the refusal, `master of a private cluster`. */
  readonly name: string;
}

/** Accepts connections of one user, and of root, on this machine. A connection whose user is unknown is refused. */
export function admitOwner(owners: SocketOwners, { uid: owner, alsoServes, name }: OwnerOnly, report: Report): Admit {
  const refusal =
    `This is the ${name}: only processes of the user with id ${owner} on this machine may use it. ` +
    `Run the command as that user, or start a cluster for all with 'meseta master' and 'meseta agent'.`;
  const reported = new Set<number | undefined>(); // one line for each user, however often it tries
  return async socket => {
    const from = `${socket.remoteAddress}:${socket.remotePort}`;
    try {
      const uid = await ownerOfPeer(owners, socket);
      if (uid !== undefined && (uid === 0 || uid === owner || alsoServes?.(uid))) return { uid };
      const who = uid === undefined ? 'a peer whose user is not known' : `the user with id ${uid}`;
      if (reported.has(uid) || reported.size >= MOST_REPORTED) return { refusal };
      reported.add(uid);
      report('warn', `Refused a connection of ${who} from ${from}: only the user with id ${owner} may use the ${name}`);
    } catch (error) {
      report('error', `Refused a connection from ${from}`, error);
    }
    return { refusal };
  };
}

const MOST_REPORTED = 100;
