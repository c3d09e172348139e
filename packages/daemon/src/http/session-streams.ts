/** Ends what a request has open when its principal is not known any more: it has signed out, or its session is over. */
import type { Request, Response } from '@meseta/process';
import type { Authentication } from '../access/access-control.ts';

type OnEnd = NonNullable<Authentication['onEnd']>;

const ends = new WeakMap<Request, OnEnd>();

/** Notes how the end of a request's principal is told, for {@link endOf}. Call it before the request is answered. */
export function noteEnd(request: Request, onEnd: OnEnd): void {
  ends.set(request, onEnd);
}

/** Returns how that is told; undefined: the principal stays. */
export function endOf(request: Request): OnEnd | undefined {
  return ends.get(request);
}

/** Makes an answer that lasts end with the principal: an event stream, or a connection that changes its protocol. */
export function endsWith(answer: Response, onEnd: OnEnd): Response {
  if (answer.status === 101) {
    return {
      ...answer,
      take(socket, head) {
        socket.once(
          'close',
          onEnd(() => socket.destroy()),
        );
        answer.take(socket, head);
      },
    };
  }
  const { body } = answer;
  if (typeof body !== 'object' || !('attach' in body)) return answer;
  return {
    ...answer,
    body: {
      attach(response, stallMs) {
        response.once(
          'close',
          onEnd(() => body.close()),
        );
        body.attach(response, stallMs);
      },
      close: () => body.close(),
    },
  } as Response;
}
