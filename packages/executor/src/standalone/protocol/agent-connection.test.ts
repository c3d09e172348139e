/** How long an executor waits for its agent, whatever the time of the machine is set to. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { FakeClock } from '@meseta/system/testing';
import { AgentConnection, type ConnectionEnd } from './agent-connection.ts';

for (const setMs of [3_600_000, -3_600_000]) {
  test(`the recovery timeout is as long as it should be when the clock is set by ${setMs} ms`, async () => {
    const clock = new FakeClock();
    const http = {
      subscribe: () => Promise.reject(new Error('no agent')),
      call: () => Promise.reject(new Error('no agent')),
    };
    const limits = { recoveryTimeoutMs: 60_000, backoffMaxMs: 1000, bufferSize: 10 };
    const connection = new AgentConnection({
      http,
      clock,
      ...limits,
      onEvent: () => assert.fail('an event'),
      onProblem: () => undefined,
    });
    let end: ConnectionEnd | undefined;
    const ended = connection.run().then(how => {
      end = how;
    });
    const pass = async (ms: number) => {
      clock.advance(ms);
      for (let turn = 0; turn < 5; turn++) await nextTurn();
    };
    await pass(10_000);
    clock.set(setMs);
    for (let seconds = 10; seconds < 58; seconds++) await pass(1000);
    assert.equal(end, undefined);
    for (let seconds = 58; seconds < 62; seconds++) await pass(1000);
    assert.equal(end, 'never');
    await ended;
  });
}
