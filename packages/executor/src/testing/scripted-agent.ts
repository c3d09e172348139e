/** For tests: an agent that follows a script and records the calls it gets. */
import { once } from 'node:events';
import { createServer, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { ExecutorCall, ExecutorEvent, TaskStatus } from '@meseta/protocol';
import { freePort } from '@meseta/system/testing';
import type { Certificate } from '@meseta/tasks/testing';

/** Serves the executor API on a loopback port. */
export class ScriptedAgent {
  readonly calls: ExecutorCall[] = [];
  /** Answers of the next calls, instead of 202 or a stream: a status, or `break` for a closed connection. */
  readonly refusals: (number | 'break')[] = [];
  /** Acknowledge updates. */
  acknowledges = true;
  /** Answer each SUBSCRIBE with ERROR. */
  rejects = false;
  authorization: (string | undefined)[] = [];
  #stream: ServerResponse | undefined;
  readonly #server;

  /** @param tls undefined: it speaks plain HTTP. */
  constructor(tls?: Certificate) {
    const listener: RequestListener = (request, response) => {
      let body = '';
      request.setEncoding('utf8').on('data', piece => {
        body += piece;
      });
      request.on('end', () => {
        this.authorization.push(request.headers.authorization);
        this.#answer(JSON.parse(body) as ExecutorCall, response);
      });
    };
    this.#server = tls ? createTlsServer(tls, listener) : createServer(listener);
  }

  /** @param port by default one that stays free until it listens again. */
  async listen(port?: number): Promise<string> {
    this.#server.listen(port ?? (await freePort()), '127.0.0.1');
    await once(this.#server, 'listening');
    return this.endpoint;
  }

  get endpoint(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get subscribed(): boolean {
    return this.#stream !== undefined;
  }

  send(event: ExecutorEvent): void {
    const record = JSON.stringify(event);
    this.#stream?.write(`${Buffer.byteLength(record)}\n${record}`);
  }

  /** Statuses in the order they came, each once, also those that came with a SUBSCRIBE. */
  get statuses(): TaskStatus[] {
    const sent = this.calls.flatMap(({ update, subscribe }) => [
      ...(subscribe?.unacknowledged_updates ?? []).map(({ status }) => status),
      ...(update ? [update.status] : []),
    ]);
    return [...new Map(sent.map(status => [status.uuid, status])).values()];
  }

  disconnect(): void {
    this.#stream?.destroy();
    this.#stream = undefined;
  }

  async close(): Promise<void> {
    this.#stream?.destroy();
    this.#server.closeAllConnections();
    if (!this.#server.listening) return;
    this.#server.close();
    await once(this.#server, 'close');
  }

  #answer(call: ExecutorCall, response: ServerResponse): void {
    const refusal = this.refusals.shift();
    if (refusal === 'break') return void response.destroy();
    if (refusal !== undefined) return void response.writeHead(refusal).end('refused');
    this.calls.push(call);
    if (call.type === 'SUBSCRIBE') return this.#subscribe(call, response);
    response.writeHead(202).end();
    if (call.update) this.#acknowledge(call.update.status);
  }

  #subscribe({ subscribe }: ExecutorCall, response: ServerResponse): void {
    response.writeHead(200, { 'Content-Type': 'application/json' });
    this.#stream = response;
    response.on('close', () => {
      if (this.#stream === response) this.#stream = undefined;
    });
    this.send({
      type: 'SUBSCRIBED',
      subscribed: {
        executor_info: { executor_id: { value: 'e' } },
        framework_info: { user: 'root', name: 'f', capabilities: [{ type: 'TASK_KILLING_STATE' }] },
        agent_info: { hostname: 'h' },
      },
    });
    if (this.rejects) return this.send({ type: 'ERROR', error: { message: 'no' } });
    for (const { status } of subscribe?.unacknowledged_updates ?? []) this.#acknowledge(status);
  }

  #acknowledge({ task_id, uuid = '' }: TaskStatus): void {
    if (this.acknowledges) this.send({ type: 'ACKNOWLEDGED', acknowledged: { task_id, uuid } });
  }
}
