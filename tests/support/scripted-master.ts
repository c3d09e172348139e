/** A master that says what a test wants to the one framework that subscribes. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import type { Offer, SchedulerCall, SchedulerEvent, TaskStatus } from '@meseta/protocol';
import { eventually } from '@meseta/system/testing';

const offer: Offer = {
  ...{ id: { value: 'o' }, framework_id: { value: 'f' }, agent_id: { value: 'a-S0' }, hostname: 'agent.example' },
  url: { scheme: 'http', address: { ip: '127.0.0.1', hostname: 'agent.example', port: 1 }, path: '/slave(1)' },
  resources: [
    { name: 'cpus', type: 'SCALAR', scalar: { value: 1 }, allocation_info: { role: '*' } },
    { name: 'mem', type: 'SCALAR', scalar: { value: 64 }, allocation_info: { role: '*' } },
  ],
};

export class ScriptedMaster {
  readonly calls: SchedulerCall[] = [];
  /** What SUBSCRIBE is answered with in place of SUBSCRIBED. */
  refusal: string | undefined;
  #port = 0;
  #stream: ServerResponse | undefined;

  static async start(t: TestContext): Promise<ScriptedMaster> {
    const master = new ScriptedMaster();
    const server = createServer((request, response) => void master.#answer(request, response));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    master.#port = (server.address() as AddressInfo).port;
    t.after(() => {
      server.closeAllConnections();
      server.close();
    });
    return master;
  }

  get address(): string {
    return `127.0.0.1:${this.#port}`;
  }

  /** Waits for the launch; gives the task's id. */
  async launched(): Promise<string> {
    const accept = await eventually('the launch', () => this.calls.find(({ type }) => type === 'ACCEPT'));
    return accept.accept?.operations?.[0]?.launch?.task_infos?.[0]?.task_id.value ?? '';
  }

  send(event: SchedulerEvent): void {
    const record = JSON.stringify(event);
    this.#stream?.write(`${Buffer.byteLength(record)}\n${record}`);
  }

  update(taskId: string, status: Omit<TaskStatus, 'task_id'>): void {
    const agent_id = { value: 'a-S0' };
    this.send({ type: 'UPDATE', update: { status: { task_id: { value: taskId }, agent_id, ...status } } });
  }

  /** Breaks the framework's stream off. */
  breakOff(): void {
    this.#stream?.destroy();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.url === '/master/health') return void response.end();
    if (request.method !== 'POST') return void response.writeHead(404).end();
    let text = '';
    for await (const piece of request) text += piece;
    const call = JSON.parse(text) as SchedulerCall;
    this.calls.push(call);
    if (call.type !== 'SUBSCRIBE') return void response.writeHead(202).end();
    response.writeHead(200, { 'Content-Type': 'application/json', 'Mesos-Stream-Id': 's' });
    this.#stream = response;
    if (this.refusal !== undefined) return this.send({ type: 'ERROR', error: { message: this.refusal } });
    this.send({ type: 'SUBSCRIBED', subscribed: { framework_id: { value: 'f' } } });
    this.send({ type: 'OFFERS', offers: { offers: [offer] } });
  }
}
