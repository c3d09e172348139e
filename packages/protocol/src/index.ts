export { decode } from './codec/decode.ts';
export { encode } from './codec/encode.ts';
export { DecodeError, EncodeError } from './codec/errors.ts';
export { fromJson } from './codec/from-json.ts';
export { parseJson } from './codec/parse-json.ts';
export { type Field, findMessageType, type MessageType } from './codec/schema.ts';
export * from './gen/messages.ts';
export { checkId, InvalidIdError, idProblem, type PathSafe } from './ids.ts';
export { encodeRecord, RecordDecoder } from './recordio.ts';
