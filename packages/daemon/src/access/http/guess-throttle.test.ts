import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '@meseta/system/testing';
import { GuessThrottle } from './guess-throttle.ts';

const guesser = '192.0.2.1';
const other = '192.0.2.2';

let ports = 1024;
/** The other end of a new connection. */
const from = (address: string) => ({ address, port: ++ports });

function setUp() {
  const clock = new FakeClock();
  const throttle = new GuessThrottle(clock);
  const beWrong = (times: number, address = guesser) => {
    for (let time = 0; time < times; time++) throttle.wrong(from(address));
  };
  /** Passes after how long? */
  const pauseOf = async (address = guesser, credential = 'x', peer = from(address)): Promise<number | 'never'> => {
    const turn = throttle.turn(peer, credential);
    if (typeof turn === 'string') return turn === 'now' ? 0 : 'never';
    let over = false;
    void turn.later.then(() => {
      over = true;
    });
    for (let waited = 0; ; waited += 100) {
      await Promise.resolve();
      if (over) return waited;
      clock.advance(100);
    }
  };
  return { clock, throttle, beWrong, pauseOf };
}

const pauses: [wrong: number, pauseMs: number][] = [
  [0, 0],
  [4, 0],
  [5, 100],
  [6, 200],
  [7, 400],
  [11, 6400],
  [12, 8000],
  [10_000, 8000],
];
for (const [wrong, pauseMs] of pauses) {
  test(`after ${wrong} wrong attempts the next one waits for ${pauseMs} ms`, async () => {
    const { beWrong, pauseOf } = setUp();
    beWrong(wrong);
    assert.equal(await pauseOf(), pauseMs);
  });
}

test('other addresses are not slowed down', async () => {
  const { beWrong, pauseOf } = setUp();
  beWrong(1000);
  assert.equal(await pauseOf(other), 0);
  assert.notEqual(await pauseOf(), 0);
});

test('with patience everything is forgotten', async () => {
  const { clock, throttle, beWrong, pauseOf } = setUp();
  beWrong(6);
  clock.advance(10_000);
  assert.equal(await pauseOf(), 100, 'one is forgotten');
  clock.advance(10_000);
  assert.equal(await pauseOf(), 0);
  clock.advance(60_000);
  throttle.right(from(guesser), 'x');
  beWrong(4);
  assert.equal(await pauseOf(), 0);
});

test('who is right once goes on without a pause, until so many wait that somebody guesses', async () => {
  const { clock, throttle, beWrong, pauseOf } = setUp();
  beWrong(20);
  assert.equal(await pauseOf(guesser, 'right'), 8000);
  throttle.right(from(guesser), 'right');
  beWrong(20);
  assert.equal(await pauseOf(guesser, 'right'), 0);
  for (let time = 0; time < 8; time++) assert.equal(typeof throttle.turn(from(guesser), `${time}`), 'object');
  assert.equal(throttle.turn(from(guesser), 'another'), 'never');
  assert.equal(throttle.turn(from(guesser), 'right'), 'never');
  assert.equal(throttle.turn(from(other), 'right'), 'now');
  clock.advance(8000);
  assert.equal(throttle.turn(from(guesser), 'right'), 'now');
});

test('the guesses of one address in a day are few, however many are sent at once', () => {
  const { clock, throttle } = setUp();
  let looked = 0;
  for (let second = 0; second < 3600; second++) {
    for (let attempt = 0; attempt < 20; attempt++) {
      const turn = throttle.turn(from(guesser), `${second} ${attempt}`);
      if (turn === 'never') continue;
      looked++;
      throttle.wrong(from(guesser));
    }
    clock.advance(1000);
  }
  assert.ok(looked < 4000, `${looked} in an hour`);
});

test('an address of IPv6 stands for its network', async () => {
  const { beWrong, pauseOf } = setUp();
  beWrong(9, '2001:db8:1:2:3:4:5:6');
  assert.notEqual(await pauseOf('2001:db8:1:2::7'), 0);
  assert.equal(await pauseOf('2001:db8:1:3::7'), 0);
  assert.equal(await pauseOf('2001:db8::7'), 0);
  beWrong(9, '2001:db8::7');
  assert.notEqual(await pauseOf('2001:db8:0:0:1:1:1:1'), 0);
});

test('many addresses do not fill the memory, and those that go on are remembered', async () => {
  const { beWrong, pauseOf } = setUp();
  for (let index = 0; index < 30_000; index++) {
    if (index % 1000 === 0) beWrong(9);
    beWrong(1, `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`);
  }
  assert.notEqual(await pauseOf(), 0);
});

test('a clock that is set back forgets nothing and breaks nothing', async () => {
  const { clock, beWrong, pauseOf } = setUp();
  beWrong(9);
  clock.set(-3_600_000);
  assert.notEqual(await pauseOf(), 0);
});

test('who keeps a connection on which they have authenticated is not slowed down, whoever guesses', async () => {
  const { throttle, beWrong, pauseOf } = setUp();
  const kept = from(guesser);
  throttle.right(kept, 'right');
  beWrong(1000);
  for (let waiting = 0; waiting < 8; waiting++) throttle.turn(from(guesser), 'guess');
  assert.equal(throttle.turn(from(guesser), 'right'), 'never');
  for (let time = 0; time < 3; time++) assert.equal(await pauseOf(guesser, 'right', kept), 0);
  assert.equal(throttle.turn(kept, 'guess'), 'never');
  assert.equal(throttle.turn(kept, 'right'), 'never', 'a guess on the connection ends that');
});

test('a wrong attempt on a connection before others are slowed down counts, too', () => {
  const { throttle, beWrong } = setUp();
  const kept = from(guesser);
  throttle.right(kept, 'right');
  throttle.wrong(kept);
  beWrong(10);
  assert.notEqual(throttle.turn(kept, 'right'), 'now');
});
