import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { EventStream, empty, type Response } from '@meseta/process';
import { endsWith } from './session-streams.ts';

/** A principal whose end the test tells. */
function principal() {
  const ends = new Set<() => void>();
  return {
    ends,
    onEnd: (end: () => void) => {
      ends.add(end);
      return () => void ends.delete(end);
    },
    end: () => {
      for (const end of ends) end();
    },
  };
}

class FakeSocket extends EventEmitter {
  isDestroyed = false;
  destroy(): void {
    this.isDestroyed = true;
    this.emit('close');
  }
}

test('a connection in another protocol ends with the principal, and is forgotten when it ends before', () => {
  const { ends, onEnd, end } = principal();
  const taken: unknown[] = [];
  const answer = endsWith({ status: 101, take: socket => taken.push(socket) }, onEnd);
  assert.ok(answer.status === 101);
  const [one, other] = [new FakeSocket(), new FakeSocket()];
  for (const socket of [one, other]) answer.take(socket as unknown as Socket, Buffer.alloc(0));
  assert.deepEqual(taken, [one, other]);
  other.destroy();
  assert.equal(ends.size, 1);
  end();
  assert.ok(one.isDestroyed);
  assert.equal(ends.size, 0);
});

test('an event stream ends with the principal', () => {
  const { ends, onEnd, end } = principal();
  const stream = new EventStream();
  const { body } = endsWith({ status: 200, body: stream }, onEnd);
  assert.ok(typeof body === 'object' && 'attach' in body);
  const response = Object.assign(new EventEmitter(), { destroyed: false, write: () => true, end: () => undefined });
  body.attach(response as unknown as ServerResponse, 1000);
  assert.equal(stream.closed, undefined);
  end();
  assert.equal(stream.closed, 'closed');
  response.emit('close');
  assert.equal(ends.size, 0);
});

test('answers that are whole stay as they are', () => {
  const { ends, onEnd } = principal();
  const answers: Response[] = [empty(202), { status: 200, body: 'text' }, { status: 200, body: Buffer.from('bytes') }];
  for (const answer of answers) assert.equal(endsWith(answer, onEnd), answer);
  assert.equal(ends.size, 0);
});
