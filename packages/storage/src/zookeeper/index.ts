/** ZooKeeper: sessions, addresses. In an entry point of its own, so that only those load it who have an address. */
export {
  /** @public */
  formatZooKeeperAddress,
  parseZooKeeperAddress,
  /** @public */
  type ZooKeeperAddress,
  /** @public */
  ZooKeeperAddressError,
} from './address.ts';
export { followZooKeeperStore, readZooKeeperStore, type ZooKeeperStoreOptions, zooKeeperEngine } from './engine.ts';
export {
  /** @public */
  ZooKeeperError,
  /** @public */
  type ZooKeeperErrorCode,
} from './errors.ts';
export { electedMasters, masterElection } from './masters.ts';
export type {
  /** @public */
  NodeData,
} from './node-operations.ts';
export type {
  /** @public */
  CreateOptions,
  /** @public */
  NodeStat,
  /** @public */
  StepResult,
  /** @public */
  TransactionStep,
} from './operations.ts';
export {
  /** @public */
  type SessionOptions,
  /** @public */
  type SessionState,
  /** @public */
  ZooKeeperSession,
} from './session.ts';
export { RevisionFile } from './store/known-revision.ts';
