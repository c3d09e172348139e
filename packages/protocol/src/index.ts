export { boundedJson } from './codec/bounded-json.ts';
export { decode } from './codec/decode.ts';
export { encode } from './codec/encode.ts';
export { DecodeError } from './codec/errors.ts';
export { fromJson } from './codec/from-json.ts';
export { parseJson, textOf } from './codec/parse-json.ts';
export type { Field, MessageType } from './codec/schema.ts';
export { fromV0Json, toV0Json } from './codec/v0-json.ts';
export { excerpt } from './excerpt.ts';
export * from './gen/messages.ts';
export {
  type AgentId,
  type ContainerValue,
  checkId,
  checkPathComponent,
  type ExecutorId,
  type FrameworkId,
  type Id,
  type IdKind,
  type IdMap,
  type IdSet,
  InvalidIdError,
  idProblem,
  type OfferId,
  type ReadonlyIdMap,
  type TaskId,
  type WireId,
} from './ids.ts';
export { encodeRecord, RecordDecoder } from './recordio.ts';
export { addStatus } from './status-history.ts';
export { isTerminal } from './task-states.ts';
export {
  decodeTerminalInput,
  /** @public */
  decodeTerminalOutput,
  /** @public */
  encodeTerminalInput,
  encodeTerminalOutput,
  type TerminalEnd,
  TerminalFrameError,
  type TerminalInput,
} from './terminal-frames.ts';
export { isUuid, newUuid } from './uuid.ts';
export {
  commandWithoutSecrets,
  containerWithoutSecrets,
  executorWithoutSecrets,
  healthCheckWithoutSecrets,
} from './without-secrets.ts';
