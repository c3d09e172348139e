/**
 * The reason why an operation on ZooKeeper failed:
 *
 * - `ZK_NO_NODE`, `ZK_NODE_EXISTS`, `ZK_BAD_VERSION`, `ZK_NOT_EMPTY`: the node is not as the operation needs it; it
 *   changed nothing.
 * - `ZK_NO_AUTH`: the node's access list does not allow it.
 * - `ZK_AUTH_FAILED`: ZooKeeper refused the credentials. The session has ended.
 * - `ZK_CONNECTION_LOSS`: the connection broke after the request was sent. Whether it was done is unknown.
 * - `ZK_TIMEOUT`: no server answered in time. Whether it was done is unknown if the message says so.
 * - `ZK_SESSION_EXPIRED`: the session has ended, with all its ephemeral nodes. Open another.
 * - `ZK_CLOSED`: the session was closed before.
 * - `ZK_TOO_LARGE`: a request is larger than ZooKeeper accepts: about 1 MB, when nothing was sent, or less where the limit
 *   `jute.maxbuffer` of its servers was lowered. Nothing was done.
 * - `ZK_BUSY`: too many requests wait for an answer. Nothing was sent.
 * - `ZK_FAILED`: ZooKeeper refused the request for another reason (see the message).
 */
export type ZooKeeperErrorCode =
  | 'ZK_NO_NODE'
  | 'ZK_NODE_EXISTS'
  | 'ZK_BAD_VERSION'
  | 'ZK_NOT_EMPTY'
  | 'ZK_NO_AUTH'
  | 'ZK_AUTH_FAILED'
  | 'ZK_CONNECTION_LOSS'
  | 'ZK_TIMEOUT'
  | 'ZK_SESSION_EXPIRED'
  | 'ZK_CLOSED'
  | 'ZK_TOO_LARGE'
  | 'ZK_BUSY'
  | 'ZK_FAILED';

/** The error of every operation on ZooKeeper. The message never contains credentials. */
export class ZooKeeperError extends Error {
  override readonly name = 'ZooKeeperError';
  readonly code: ZooKeeperErrorCode;
  /** Of `ZK_CONNECTION_LOSS`: the size of the request that was sent, bytes. */
  readonly requestBytes: number;
  constructor(
    code: ZooKeeperErrorCode,
    message: string,
    { requestBytes = 0, ...options }: ErrorOptions & { readonly requestBytes?: number } = {},
  ) {
    super(message, options);
    this.code = code;
    this.requestBytes = requestBytes;
  }
}

/** What an answer of a server with an error code means. @see ZooKeeper KeeperException.Code */
const answers: Readonly<Record<number, readonly [ZooKeeperErrorCode, string]>> = {
  [-2]: ['ZK_FAILED', 'another operation of the transaction failed'],
  [-4]: ['ZK_CONNECTION_LOSS', 'the server lost its connection to the ensemble'],
  [-6]: ['ZK_FAILED', 'this version of ZooKeeper does not know the operation'],
  [-7]: ['ZK_TIMEOUT', 'the server did not finish in time'],
  [-8]: ['ZK_FAILED', 'the arguments are invalid'],
  [-101]: ['ZK_NO_NODE', 'the node, or its parent, does not exist'],
  [-102]: [
    'ZK_NO_AUTH',
    "the node's access list does not allow it: give the user and password of those who created the node, zk://user:password@…, or correct the list (getAcl and setAcl of zkCli.sh)",
  ],
  [-103]: ['ZK_BAD_VERSION', 'the node was changed meanwhile'],
  [-108]: ['ZK_FAILED', 'an ephemeral node cannot have children'],
  [-110]: ['ZK_NODE_EXISTS', 'the node exists already'],
  [-111]: ['ZK_NOT_EMPTY', 'the node has children'],
  [-112]: ['ZK_SESSION_EXPIRED', 'the session has expired'],
  [-114]: ['ZK_FAILED', 'the access list is invalid'],
  [-115]: ['ZK_AUTH_FAILED', 'the credentials were refused'],
  [-118]: ['ZK_CONNECTION_LOSS', 'the session has moved to another server'],
  [-125]: ['ZK_FAILED', 'the quota of the node is exceeded'],
};

/** Returns the error that a server answered. @param what the operation, such as `create /mesos`. */
export function answeredError(code: number, what: string): ZooKeeperError {
  const [name, words] = answers[code] ?? ['ZK_FAILED', `error ${code}`];
  return new ZooKeeperError(name, `ZooKeeper could not ${what}: ${words}`);
}
