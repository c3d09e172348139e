import type { ContainerIO } from '@meseta/containers';
import { type Request, streamingResponseType } from '@meseta/process';
import type { OperatorContext } from '../context.ts';
import { AttachedOutput } from './attached-output.ts';

/**
 * Makes the body of an answer that streams output, in the encoding that the request wants.
 *
 * @param until the stream does not end before this; absent: it ends with the output.
 */
export function outputOf(
  { clock, flags }: OperatorContext,
  io: ContainerIO,
  request: Request,
  until?: Promise<unknown>,
): AttachedOutput {
  const accept = streamingResponseType(request.headers);
  if (accept.refusal) throw new Error('The type of the answer was negotiated before');
  return new AttachedOutput({ io, clock, accept: accept.type, heartbeatMs: flags.http_heartbeat_interval, until });
}
