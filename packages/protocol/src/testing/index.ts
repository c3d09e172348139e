import { messageTables } from '../codec/gen/schema.ts';
import { type MessageType, messageType } from '../codec/schema.ts';

/** Returns the type of a message by its full name; undefined when there is none. */
export function findMessageType(fullName: string): MessageType<unknown> | undefined {
  return fullName in messageTables ? messageType(fullName) : undefined;
}
