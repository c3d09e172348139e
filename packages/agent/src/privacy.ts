/** Whom an agent of a private cluster serves: its owner, root, and executors that run as other users. */

import { failure, type PeerAddress, type Request, type Response } from '@meseta/process';
import { lookupUser } from '@meseta/system';
import type { Logger } from '@meseta/telemetry';
import type { Executor } from './state/executor.ts';

/** Paths by which executors call. */
const EXECUTOR_PATHS = ['/api/v1/executor', '/slave(1)/api/v1/executor'];

/** The rules for peers, by user id. */
export class Privacy {
  readonly name = 'agent of a private cluster';
  readonly uid: number;
  readonly #executors: () => Iterable<Executor>;
  /** User ids by the names executors run as: {@link learn} is called before such an executor starts. */
  readonly #uids = new Map<string, number>();

  /** @param owner user id; @param executors those of the agent that are not completed. */
  constructor(owner: number, executors: () => Iterable<Executor>) {
    this.uid = owner;
    this.#executors = executors;
  }

  /** Finds out the user id an executor runs as. @throws {UserError} when there is no such user. */
  async learn({ user, isBuiltIn }: Pick<Executor, 'user' | 'isBuiltIn'>): Promise<void> {
    if (user !== undefined && !isBuiltIn) this.#uids.set(user, (await lookupUser(user)).uid);
  }

  /** Learns the user of an executor that was started; without it, the calls of that executor are refused. */
  async learnOrWarn(executor: Executor, log: Logger): Promise<void> {
    try {
      await this.learn(executor);
    } catch (error) {
      const { id, user } = executor;
      log.warning('The calls of an executor are refused: its user was not found', { executor_id: id, user, error });
    }
  }

  /** Whether connections of a user are looked at at all: an executor runs as that user now. */
  readonly alsoServes = (uid: number): boolean => {
    for (const executor of this.#executors()) if (this.#runsAs(executor, uid)) return true;
    return false;
  };

  /** Why a request is not answered; undefined when it is. Which executor may be called for, the API asks {@link mayBe}. */
  readonly guard = ({ peer, path }: Request): Response | undefined => {
    if (this.#isOwner(peer)) return undefined;
    if (peer.uid !== undefined && EXECUTOR_PATHS.includes(path) && this.alsoServes(peer.uid)) return undefined;
    return failure(
      'OWNER_ONLY',
      `This is the ${this.name}: of the user with id ${peer.uid} it takes calls of executors only.`,
    );
  };

  /** Whether a peer may send messages that are not an executor's. */
  readonly mayDirect = (peer: PeerAddress): boolean => this.#isOwner(peer);

  /** Whether a peer may speak for an executor: it runs as the peer's user. */
  mayBe(executor: Executor | undefined, peer: PeerAddress): boolean {
    if (this.#isOwner(peer)) return true;
    return executor !== undefined && peer.uid !== undefined && this.#runsAs(executor, peer.uid);
  }

  #isOwner({ uid }: PeerAddress): boolean {
    return uid === 0 || uid === this.uid;
  }

  #runsAs({ user, isBuiltIn, state }: Executor, uid: number): boolean {
    return !isBuiltIn && state !== 'TERMINATED' && user !== undefined && this.#uids.get(user) === uid;
  }
}
