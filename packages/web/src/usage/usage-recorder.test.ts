import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type MeasuredContainer, UsageRecorder } from './usage-recorder.ts';

function container(id: string, timestamp: number, user: number, mem = 100): MeasuredContainer {
  const statistics = { timestamp, cpus_user_time_secs: user, cpus_system_time_secs: 1, mem_rss_bytes: mem };
  return { framework_id: 'F', executor_id: id, statistics };
}

const cases: { name: string; answers: (MeasuredContainer[] | undefined)[]; cpus: (number | null)[] }[] = [
  { name: 'nothing is known of the first', answers: [[container('a', 10, 1)]], cpus: [null] },
  { name: 'time between two', answers: [[container('a', 10, 1)], [container('a', 14, 3)]], cpus: [null, 0.5] },
  {
    name: 'several are added',
    answers: [
      [container('a', 10, 1), container('b', 10, 1)],
      [container('a', 20, 6), container('b', 20, 11)],
    ],
    cpus: [null, 1.5],
  },
  {
    name: 'one that came between is left out',
    answers: [[container('a', 10, 1)], [container('a', 20, 6), container('b', 20, 9)]],
    cpus: [null, 0.5],
  },
  { name: 'the same numbers again', answers: [[container('a', 10, 1)], [container('a', 10, 1)]], cpus: [null, null] },
  { name: 'counters that began anew', answers: [[container('a', 10, 9)], [container('a', 20, 1)]], cpus: [null, null] },
  {
    name: 'nothing over a gap',
    answers: [[container('a', 10, 1)], undefined, [container('a', 30, 3)], [container('a', 40, 8)]],
    cpus: [null, null, null, 0.5],
  },
  { name: 'no containers use nothing', answers: [[], []], cpus: [null, 0] },
  { name: 'one without numbers', answers: [[], [{ framework_id: 'F', executor_id: 'a' }]], cpus: [null, null] },
];
for (const { name, answers, cpus } of cases) {
  test(`use of CPUs: ${name}`, () => {
    const recorder = new UsageRecorder();
    for (const [time, answer] of answers.entries()) answer ? recorder.add(time, answer) : recorder.miss(time);
    assert.deepEqual(
      recorder.samples.map(sample => sample.cpus),
      cpus,
    );
  });
}

test('memory is added up, and unknown where no container has it', () => {
  const recorder = new UsageRecorder();
  recorder.add(0, [container('a', 1, 1, 10), container('b', 1, 1, 20), { framework_id: 'F', executor_id: 'c' }]);
  recorder.add(1, [{ framework_id: 'F', executor_id: 'c' }]);
  recorder.add(2, []);
  recorder.miss(3);
  assert.deepEqual(
    recorder.samples.map(({ memBytes, memLimitBytes }) => [memBytes, memLimitBytes]),
    [
      [30, null],
      [null, null],
      [0, 0],
      [null, null],
    ],
  );
});

test('an hour of samples is kept', () => {
  const recorder = new UsageRecorder();
  for (let time = 0; time < 1000; time++) recorder.miss(time);
  assert.deepEqual([recorder.samples.length, recorder.samples[0]?.time], [720, 280]);
});
