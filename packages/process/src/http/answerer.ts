import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Report } from '../report.ts';
import type { BodyLimits } from './body.ts';
import type { WholeResponse } from './call-reader.ts';
import { HttpError } from './error.ts';
import type { HttpLimits } from './limits.ts';
import { failure, failureOf } from './reply.ts';
import { type Request, toRequest } from './request.ts';
import { respond } from './respond.ts';
import type { Failure, Handler, Response, StreamBody } from './response.ts';
import { switchProtocol } from './upgrade.ts';

/** What an answerer works with. */
export interface AnswererParts {
  readonly handler: Handler;
  readonly limits: HttpLimits;
  readonly bodyLimits: BodyLimits;
  readonly report: Report;
}

/** Answers requests by a handler, and keeps the streams that are open. Nothing that a handler does ends the process. */
export class Answerer {
  readonly #parts: AnswererParts;
  readonly #streams = new Set<StreamBody>();

  constructor(parts: AnswererParts) {
    this.#parts = parts;
  }

  /** Ends the streams that are open. */
  closeStreams(): void {
    for (const stream of this.#streams) stream.close();
  }

  /** Answers a request by a handler, and writes the answer. Never rejects: what goes wrong is reported. */
  async serve(request: IncomingMessage, response: ServerResponse, handler = this.#parts.handler): Promise<void> {
    try {
      await this.#handle(request, response, handler);
    } catch (error) {
      this.#parts.report('error', `Failed to respond to ${request.method} ${request.url}`, error);
      response.destroy();
    }
  }

  async #handle(request: IncomingMessage, response: ServerResponse, handler: Handler): Promise<void> {
    let aborter: AbortController | undefined;
    const signal = () => {
      aborter ??= new AbortController();
      if (response.destroyed) aborter.abort();
      return aborter.signal;
    };
    response.once('close', () => {
      if (!response.writableFinished) aborter?.abort();
    });
    response.once('finish', () => {
      // What remains of an unread body is drained, if it comes.
      if (!request.complete) request.socket.setTimeout(this.#parts.limits.bodyIdleMs);
    });
    const answer = await this.#answer(handler, () => toRequest(request, signal, this.#parts.bodyLimits), request);
    if (answer.status === 101 && switchProtocol(response, answer)) return;
    try {
      if (answer.status === 101) {
        aborter?.abort(); // nothing else tells the handler that its protocol does not begin
        throw new Error('The request asks for no protocol that there is');
      }
      this.#track(answer, response);
      await respond(request, response, answer, this.#parts.limits.stallMs);
    } catch (error) {
      const known = error instanceof HttpError ? failureOf(error) : undefined;
      if (!known) this.#parts.report('error', `Failed to respond to ${request.method} ${request.url}`, error);
      if (response.headersSent) response.destroy();
      else await respond(request, response, known ?? failure('INTERNAL_ERROR'), this.#parts.limits.stallMs);
    }
  }

  /** Answers a call at once where the handler does. */
  call(request: Request): WholeResponse | Promise<WholeResponse> {
    try {
      const answer = this.#parts.handler(request);
      if (!(answer instanceof Promise)) return this.#whole(answer, request);
      return answer.then(
        response => this.#whole(response, request),
        error => this.#failed(error, request),
      );
    } catch (error) {
      return this.#failed(error, request);
    }
  }

  #whole(answer: Response, { url }: Request): WholeResponse {
    const { body } = answer;
    const isWhole = body === undefined || typeof body === 'string' || body instanceof Uint8Array;
    if (isWhole && answer.status !== 101) return answer as WholeResponse;
    this.#parts.report('error', `Handler of ${url} answered a call with a stream`);
    return failure('INTERNAL_ERROR');
  }

  async #answer(handler: Handler, request: () => Request, about: IncomingMessage): Promise<Response> {
    try {
      return await handler(request());
    } catch (error) {
      return this.#failed(error, about);
    }
  }

  #failed(error: unknown, { method, url }: { readonly method?: string; readonly url?: string }): Failure {
    if (!(error instanceof HttpError)) {
      this.#parts.report('error', `Handler of ${method} ${url} failed`, error);
      return failure('INTERNAL_ERROR');
    }
    // A body too large is drained, one which does not come ends the connection.
    return failureOf(error, error.code === 'REQUEST_TIMEOUT' ? { Connection: 'close' } : {});
  }

  #track({ body }: Response, response: ServerResponse): void {
    if (typeof body !== 'object' || !('attach' in body)) return;
    this.#streams.add(body);
    response.once('close', () => this.#streams.delete(body));
  }
}
