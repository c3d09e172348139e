/** An engine that is killed, stopped, or started again in the middle of calls. */
import assert from 'node:assert/strict';
import { describe, type TestContext, test as testAnywhere } from 'node:test';
import { eventually } from '@meseta/system/testing';
import { busybox, needsDocker, sharedEngine } from '../../testing/docker/index.ts';
import { createDockerEngine } from './engine-client.ts';

const need = needsDocker;
const test = (name: string, body: (t: TestContext) => Promise<void>) => void testAnywhere(name, need, body);

describe('faults of the engine', () => {
  const engine = sharedEngine({ liveRestore: true });
  let number = 0;

  async function running(script = 'trap "exit 0" TERM; sleep 1000 & wait') {
    const { client } = await engine();
    const { id } = await client.containers.create(`mesos-${++number}`, { Image: busybox, Cmd: ['sh', '-c', script] });
    await client.containers.start(id);
    return id;
  }

  test('killed while events, an end, output and a pull are waited for', async () => {
    const { client, kill, start } = bound(await engine());
    const id = await running('while :; do echo x; sleep 0.1; done');
    const events = await client.events();
    const output = await client.containers.logs(id, { tty: false, follow: true });
    const attached = await client.containers.attach(id, { tty: false });
    const waiting = client.containers.wait(id);
    const drain = async (stream: AsyncIterable<unknown>) => {
      for await (const _ of stream); // to its end
    };
    const broken = { code: 'BROKEN', isAway: true, message: /the engine ended the connection before its answer/ };
    const failing = [
      assert.rejects(drain(events), broken),
      assert.rejects(drain(output), broken),
      assert.rejects(waiting, { isAway: true }), // it may not have been connected yet
    ];
    const ended = drain(attached); // it has no end of its own: FIN, or a broken connection
    await kill();
    await Promise.all(failing);
    await ended.catch((error: { code: string }) => assert.equal(error.code, 'BROKEN'));
    const refused = { code: 'REFUSED', isAway: true, message: /nothing listens there; start the engine.*ECONNREFUSED/ };
    await assert.rejects(client.containers.inspect(id), refused);
    await assert.rejects(client.events(), refused);
    await assert.rejects(client.containers.attach(id, { tty: false }), refused);
    await start();
    assert.equal((await client.containers.inspect(id))?.state.running, true);
    const again = await client.events({ filters: { event: ['die'] } });
    await client.containers.kill(id);
    for await (const event of again) {
      assert.equal(event.id, id);
      break;
    }
    assert.equal((await client.containers.wait(id)).exitCode, 137);
  });

  test('ended in the usual way and started again', async () => {
    const { client, end, start } = bound(await engine());
    const id = await running();
    const waiting = client.containers.wait(id);
    const failed = assert.rejects(
      waiting,
      (error: { code: string; isAway: boolean }) => error.isAway || error.code === 'ENGINE',
    );
    await end();
    await failed;
    await assert.rejects(client.ping(), { isAway: true });
    await start();
    assert.equal((await client.containers.inspect(id))?.state.running, true);
    await client.containers.kill(id);
  });

  test('stopped: calls end after their time, and work again afterwards', async () => {
    const running_ = await engine();
    const { client } = running_;
    const id = await running();
    const impatient = createDockerEngine({ kind: 'unix', socketPath: running_.socket }, { timeoutMs: 200 });
    // On a busy machine not every call is.
    const inTime = () =>
      eventually('calls to be in time', () =>
        impatient.containers.inspect(id).then(
          found => found?.id === id,
          () => false,
        ),
      );
    await inTime();
    running_.pause();
    const late = { code: 'TIMEOUT', isAway: true, message: /no answer within 0\.2 s; is the engine overloaded/ };
    const calls = Array.from({ length: 30 }, () => impatient.containers.inspect(id));
    await Promise.all(calls.map(call => assert.rejects(call, late)));
    await assert.rejects(impatient.events(), late);
    await assert.rejects(impatient.containers.attach(id, { tty: false }), late);
    await assert.rejects(impatient.ping(), late);
    const patient = client.containers.inspect(id);
    running_.resume();
    assert.equal((await patient)?.id, id);
    assert.equal((await client.containers.inspect(id))?.id, id);
    await inTime();
    await impatient.close();
    await client.containers.kill(id);
  });

  test('a client that is closed', async () => {
    const { socket } = await engine();
    const id = await running();
    const client = createDockerEngine({ kind: 'unix', socketPath: socket });
    const events = await client.events();
    const attached = await client.containers.attach(id, { tty: false, stdin: true });
    const waiting = client.containers.wait(id);
    const closed = { code: 'CLOSED', isAway: false };
    const failing = [
      assert.rejects(waiting, closed),
      assert.rejects(async () => {
        for await (const _ of events); // to its end
      }, closed),
    ];
    await client.close();
    await Promise.all(failing);
    await assert.rejects(async () => {
      for await (const _ of attached); // to its end
    }, closed);
    await assert.rejects(attached.write('x'), closed);
    await assert.rejects(client.ping(), closed);
    await (await engine()).client.containers.kill(id);
  });
});

/** The engine's functions that are called without it. */
function bound(engine: Awaited<ReturnType<ReturnType<typeof sharedEngine>>>) {
  return { client: engine.client, kill: () => engine.kill(), start: () => engine.start(), end: () => engine.end() };
}
