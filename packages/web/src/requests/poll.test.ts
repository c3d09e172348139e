import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '@meseta/system/testing';
import { Poll } from './poll.ts';
import { RequestError } from './request.ts';

/** A poll whose answers the test gives. */
function setUp({ isSeen = true, everyMs }: { isSeen?: boolean; everyMs?: number } = {}) {
  const attempts: (PromiseWithResolvers<string> & { readonly signal: AbortSignal; readonly last?: string })[] = [];
  const seen = { is: isSeen, change: () => {} };
  const page = {
    now: () => 1000,
    isSeen: () => seen.is,
    onSeen(listener: () => void) {
      seen.change = listener;
      return () => {};
    },
  };
  const poll = new Poll<string>(
    {
      ...(everyMs !== undefined && { everyMs }),
      ask(signal, last) {
        const attempt = { ...Promise.withResolvers<string>(), signal, last };
        attempts.push(attempt);
        return attempt.promise;
      },
    },
    page,
  );
  const attempt = (index: number) => eventually(`attempt ${index}`, () => attempts[index]);
  const answered = (answer: string) => eventually(`the answer ${answer}`, () => poll.state.answer === answer);
  return { poll, attempts, attempt, answered, seen };
}

test('a question is asked while someone listens, and again when that is wanted', async () => {
  const { poll, attempts, attempt, answered } = setUp();
  const close = poll.onChange(() => undefined);
  (await attempt(0)).resolve('one');
  await answered('one');
  assert.equal(poll.state.answeredAt, 1000);
  const refreshed = poll.refresh();
  assert.equal(poll.state.isRefreshing, true);
  const second = await attempt(1);
  assert.equal(second.last, 'one');
  second.resolve('two');
  await refreshed;
  assert.deepEqual([poll.state.answer, poll.state.isRefreshing], ['two', false]);
  close();
  await poll.refresh();
  assert.equal(attempts.length, 2);
});

test('it is asked again by itself', async () => {
  const { poll, attempt } = setUp({ everyMs: 1 });
  const close = poll.onChange(() => undefined);
  for (let index = 0; index < 3; index++) (await attempt(index)).resolve('again');
  close();
});

test('what is wanted during an attempt is asked after it', async () => {
  const { poll, attempts, attempt } = setUp();
  const close = poll.onChange(() => undefined);
  const first = await attempt(0);
  const refreshed = poll.refresh();
  first.resolve('before');
  (await attempt(1)).resolve('after');
  await refreshed;
  assert.deepEqual([poll.state.answer, attempts.length], ['after', 2]);
  close();
});

test('a page that is not seen asks at first, when that is wanted, and when it is seen', async () => {
  const { poll, attempts, attempt, answered, seen } = setUp({ isSeen: false, everyMs: 1 });
  const close = poll.onChange(() => undefined);
  (await attempt(0)).resolve('one');
  await answered('one');
  void poll.refresh();
  (await attempt(1)).resolve('two');
  await answered('two');
  assert.equal(attempts.length, 2);
  seen.is = true;
  seen.change();
  (await attempt(2)).resolve('three');
  await answered('three');
  close();
});

test('an answer stays when a later attempt fails, and the reason is told', async () => {
  const { poll, attempt, answered } = setUp();
  const close = poll.onChange(() => undefined);
  (await attempt(0)).resolve('one');
  await answered('one');
  const failure = new RequestError('No', { status: 403, code: 'NOT_AUTHORIZED' });
  for (const index of [1, 2]) {
    const refreshed = poll.refresh();
    (await attempt(index)).reject(failure);
    await refreshed;
  }
  const { answer, problem, failures } = poll.state;
  assert.deepEqual([answer, problem, failures], ['one', failure, 2]);
  const refreshed = poll.refresh();
  (await attempt(3)).reject(new SyntaxError('Unexpected token'));
  await refreshed;
  assert.equal(poll.state.problem?.message, 'The answer cannot be read: Unexpected token');
  void poll.refresh();
  (await attempt(4)).resolve('two');
  await answered('two');
  assert.deepEqual([poll.state.problem, poll.state.failures], [undefined, 0]);
  close();
});

test('the last one who leaves cancels the attempt, and the next one begins another', async () => {
  const { poll, attempt, answered } = setUp();
  const close = poll.onChange(() => undefined);
  const first = await attempt(0);
  const refreshed = poll.refresh();
  close();
  await refreshed;
  assert.ok(first.signal.aborted);
  assert.equal(poll.state.isRefreshing, false);
  const again = poll.onChange(() => undefined);
  (await attempt(1)).resolve('two');
  first.resolve('one');
  await answered('two');
  again();
});

test('another question begins with what is known', async () => {
  const { poll, attempt, answered } = setUp();
  const close = poll.onChange(() => undefined);
  (await attempt(0)).resolve('one');
  await answered('one');
  close();
  const other = new Poll<string>({ ask: () => Promise.reject(new Error('not asked')), known: poll.state });
  assert.deepEqual([other.state.answer, other.state.problem], ['one', undefined]);
});
