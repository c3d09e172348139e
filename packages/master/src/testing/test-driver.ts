/** A v0 scheduler driver for tests. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { failure, HttpServer, Libprocess } from '@meseta/process';
import {
  decode,
  ExitedExecutorMessage,
  encode,
  FrameworkErrorMessage,
  FrameworkRegisteredMessage,
  FrameworkReregisteredMessage,
  type MessageType,
  ResourceOffersMessage,
  StatusUpdateMessage,
} from '@meseta/protocol';
import type { SchedulingMaster } from './scheduling-master.ts';

const DEADLINE_MS = 60_000;

/** A v0 scheduler driver: an actor with an address of its own. */
export class TestDriver {
  readonly #libprocess: Libprocess;
  readonly #master: { id: string; ip: string; port: number };
  readonly #received: { name: string; body: Buffer }[] = [];
  #woken: () => void = () => undefined;

  private constructor(libprocess: Libprocess, master: Pick<SchedulingMaster, 'address'>) {
    this.#libprocess = libprocess;
    const [ip = '', port] = master.address.split(':');
    this.#master = { id: 'master', ip, port: Number(port) };
    for (const type of received) {
      libprocess.install('scheduler(1)', type.fullName, (_, body) => {
        this.#received.push({ name: type.fullName, body });
        this.#woken();
      });
    }
  }

  static async start(t: TestContext, master: Pick<SchedulingMaster, 'address'>): Promise<TestDriver> {
    const server = new HttpServer({ handler: () => failure('ROUTE_NOT_FOUND'), report: () => undefined });
    await server.listen('127.0.0.1', 0);
    const libprocess = new Libprocess(server, { report: () => undefined });
    t.after(async () => {
      libprocess.close();
      await server.close(0);
    });
    const driver = new TestDriver(libprocess, master);
    driver.stop = () => server.close(0);
    return driver;
  }

  /** Ends the process, as far as others can see. */
  stop: () => Promise<void> = async () => undefined;

  send<T>(type: MessageType<T>, message: T): void {
    this.#libprocess.send(this.#master, 'scheduler(1)', type.fullName, encode(type, message));
  }

  /** The next message of a type; those of others stay. */
  async next<T>(type: MessageType<T>): Promise<T> {
    const deadline = Date.now() + DEADLINE_MS;
    for (;;) {
      const index = this.#received.findIndex(({ name }) => name === type.fullName);
      const [found] = index < 0 ? [] : this.#received.splice(index, 1);
      if (found) return decode(type, found.body);
      assert.ok(Date.now() < deadline, `no ${type.name} in time`);
      await new Promise<void>(resolve => {
        const timer = setTimeout(resolve, deadline - Date.now());
        this.#woken = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }
}

const received: readonly MessageType<unknown>[] = [
  FrameworkRegisteredMessage,
  FrameworkReregisteredMessage,
  FrameworkErrorMessage,
  ResourceOffersMessage,
  StatusUpdateMessage,
  ExitedExecutorMessage,
];
