/** How sessions ended is known for some minutes, whatever the time of the machine is set to. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ContainerId, Containerizer } from '@meseta/containers';
import { eventually, FakeClock } from '@meseta/system/testing';
import { silentLogger } from '@meseta/telemetry/testing';
import { Sessions } from './sessions.ts';

test('how a session ended is known when the clock is set forward, and forgotten later', async () => {
  const clock = new FakeClock();
  const termination = { exit: { kind: 'exited', code: 3 } } as const;
  const containerizer: Pick<Containerizer, 'wait' | 'remove'> = {
    wait: async () => termination,
    remove: async () => undefined,
  };
  const sessions = new Sessions({ containerizer: containerizer as Containerizer, clock, log: silentLogger() });
  const id = { value: 'session', parent: { value: 'task' } } as ContainerId;
  sessions.follow(id, new Promise(() => {}));
  await sessions.close();
  clock.set(3_600_000);
  assert.deepEqual(await sessions.wait(id), termination);
  clock.advance(10 * 60_000);
  await eventually('it to be forgotten', () => sessions.wait(id) === undefined);
});
