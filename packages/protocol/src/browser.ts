/** What browsers need of the protocol: reading of protobuf, without what needs Node.js. */
export { decode } from './codec/decode.ts';
export { messageType } from './codec/schema.ts';
export type * from './gen/messages.ts';
export { isTerminal } from './task-states.ts';
export { decodeTerminalOutput, encodeTerminalInput, type TerminalEnd } from './terminal-frames.ts';
