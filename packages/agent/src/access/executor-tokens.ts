/** The tokens by which executors prove to their agent who they are. */
import { signJwt } from '@meseta/daemon';
import type { Principal } from '@meseta/process';
import type { Executor } from '../state/executor.ts';

/** The variable in which an executor gets its token. */
export const tokenVariable = 'MESOS_EXECUTOR_AUTHENTICATION_TOKEN';

/** Makes tokens. A token follows from the key and the executor's ids, so the next agent knows it, too. */
export class ExecutorTokens {
  readonly #key: Buffer;

  /** @param key of `--jwt_secret_key`. */
  constructor(key: Buffer) {
    this.#key = key;
  }

  /** Returns the token of an executor, which counts for this run of it only. */
  tokenOf({ frameworkId, id, containerId }: Pick<Executor, 'frameworkId' | 'id' | 'containerId'>): string {
    return signJwt({ cid: containerId, eid: id, fid: frameworkId }, this.#key);
  }
}

/**
 * Returns why a principal may not speak for an executor; undefined when it may.
 *
 * @see Mesos src/slave/http.cpp, verifyExecutorClaims
 */
export function claimsProblem(
  principal: Principal,
  { frameworkId, id, containerId }: Pick<Executor, 'frameworkId' | 'id' | 'containerId'>,
): string | undefined {
  const { claims } = principal;
  const lacks = (what: string) => `Authenticated principal '${textOf(principal)}' does not contain ${what}`;
  if (claims?.fid !== frameworkId) {
    return lacks(`an 'fid' claim with the framework ID ${frameworkId}, which is set in the call`);
  }
  if (claims.eid !== id) return lacks(`an 'eid' claim with the executor ID ${id}, which is set in the call`);
  return claims.cid === containerId ? undefined : lacks("a 'cid' claim with the correct active ContainerID");
}

/** Formats a principal as Mesos does. */
function textOf({ value, claims }: Principal): string {
  const plain = claims === undefined || Object.keys(claims).length === 0;
  return value !== undefined && plain ? value : JSON.stringify({ ...(value !== undefined && { value }), claims });
}
