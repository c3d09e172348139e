/** How the processes that send messages to a master prove who they are. */
import type { AccessControl, Credentials } from '@meseta/daemon';
import { AuthenticatedPeers } from './peers.ts';

/** Where the secrets of principals are. */
export interface Secrets {
  /** Returns undefined when there is no such principal; at once when that is known. Rejects when it cannot be found out. */
  secretOf(principal: string): string | undefined | Promise<string | undefined>;
}

/** Lives as long as the master's process; what peers have proven lives as long as a term. */
export interface PeerAuthentication {
  readonly secrets: Secrets;
  readonly peers: AuthenticatedPeers;
  /** To be spread into the access control of the daemon. */
  readonly access: Pick<AccessControl, 'principalOf'>;
}

/** Returns the secrets of `--credentials`; without credentials, no principal has one. */
export function secretsOf(credentials: Credentials | undefined): Secrets {
  return { secretOf: principal => credentials?.get(principal) };
}

/** Makes the authentication of v0 frameworks and agents by CRAM-MD5. */
export function peerAuthentication(secrets: Secrets): PeerAuthentication {
  const peers = new AuthenticatedPeers();
  return {
    secrets,
    peers,
    access: {
      principalOf: pid => {
        const peer = peers.of(pid);
        return peer && { value: peer.principal };
      },
    },
  };
}
