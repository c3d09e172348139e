/** What becomes of the output of containers: rotated files, whatever happens to the disk, the agent or the logger. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, lstatSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { eventually, needs } from '@meseta/system/testing';
import { forever, id } from '../../testing/containerizer-bench.ts';
import { LogBench, loggerAndGuard, loggersOf } from './testing/log-bench.ts';

const name = 'org_apache_mesos_LogrotateContainerLogger';
const lines = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, index) => `${first + index}\n`).join('');

test('files are rotated by size and count, between lines, and named as logrotate names them', async t => {
  const bench = await LogBench.open(t, name, { max_stdout_size: '4KB', logrotate_stdout_options: 'rotate 3' });
  const own = id('rotated');
  await bench.run({ id: own, line: 'seq 1 10000; echo oops >&2' });
  assert.deepEqual(bench.files(own), ['stderr', 'stdout', 'stdout.1', 'stdout.2', 'stdout.3']);
  for (const file of bench.files(own)) assert.ok(statSync(join(bench.sandbox(own), file)).size <= 4096, file);
  const kept = bench.all(own);
  assert.equal(kept, lines(Number(/^\d+/.exec(kept)?.[0]), 10_000));
  assert.match(bench.read(own, 'stdout.1'), /^\d+\n(\d+\n)+$/);
  assert.equal(bench.read(own, 'stderr'), 'oops\n');
});

test("older files are compressed, all or all but the latest, and a task's variables decide for the task", async t => {
  const bench = await LogBench.open(t, 'logrotate');
  const [all, later] = [id('compressed'), id('later')];
  const variables = (options: string) => ({
    CONTAINER_LOGGER_MAX_STDOUT_SIZE: '64KB',
    CONTAINER_LOGGER_LOGROTATE_STDOUT_OPTIONS: options,
  });
  const line = 'for each in 1 2 3; do seq $((each * 100000)) $((each * 100000 + 12000)); sleep 0.01; done';
  await bench.run({ id: all, line, variables: variables('rotate 9\ncompress') });
  await bench.run({ id: later, line, variables: variables('rotate 9; compress; delaycompress') });
  const whole = [1, 2, 3].map(each => lines(each * 100_000, each * 100_000 + 12_000)).join('');
  for (const [own, uncompressed] of [[all, ['stdout']] as const, [later, ['stdout', 'stdout.1']] as const]) {
    await eventually('the end of the logger', () => loggersOf(own).length === 0);
    const names = bench.files(own).filter(each => each.startsWith('stdout'));
    assert.deepEqual(
      names.filter(each => !each.endsWith('.gz')),
      uncompressed,
    );
    assert.ok(names.length > 3, names.join());
    assert.equal(bench.all(own), whole);
  }
});

test('a logger outlives the agent, ends with its container, and nothing is lost', async t => {
  const bench = await LogBench.open(t, 'logrotate');
  const own = id('recovered');
  await bench.launch({ id: own, line: 'echo before; until [ -e go ]; do sleep 0.05; done; seq 1 1000; exit 3' });
  await bench.restart([own]);
  writeFileSync(join(bench.sandbox(own), 'go'), '');
  assert.deepEqual(await bench.containerizer.wait(own), { exit: { kind: 'exited', code: 3 } });
  assert.equal(bench.read(own), `before\n${lines(1, 1000)}`, 'complete when the end is reported');
  await bench.containerizer.remove(own);
  await eventually('the end of the logger', () => loggersOf(own).length === 0);
  assert.ok(!existsSync(join(bench.directory, 'runtime', 'logs', 'recovered')));
});

test('output is complete at the end of the first process, though another one goes on', async t => {
  const bench = await LogBench.open(t, 'logrotate');
  const own = id('background');
  await bench.run({ id: own, line: '(until [ -e go ]; do sleep 0.05; done; echo late) & seq 1 1000' });
  assert.equal(bench.read(own), lines(1, 1000));
  writeFileSync(join(bench.sandbox(own), 'go'), '');
  await bench.containerizer.drained(own);
  await bench.containerizer.remove(own);
  assert.equal(bench.read(own), `${lines(1, 1000)}late\n`);
});

test('a logger that is killed is replaced, and the container does not notice', async t => {
  const bench = await LogBench.open(t, 'logrotate');
  const own = id('killed');
  await bench.launch({ id: own, line: 'until [ -e go ]; do echo line; sleep 0.01; done; echo end' });
  for (let round = 0; round < 3; round++) {
    const { logger, guard } = await eventually('a logger and its guard', () => loggerAndGuard(own));
    process.kill(round === 1 ? guard : logger, 'SIGKILL');
    await eventually('another one', () => loggersOf(own).some(pid => pid !== logger && pid !== guard));
  }
  writeFileSync(join(bench.sandbox(own), 'go'), '');
  assert.deepEqual(await bench.containerizer.wait(own), { exit: { kind: 'exited', code: 0 } });
  assert.match(bench.read(own), /^(line\n)+end\n$/);
});

test('a logger that does not get on does not stop the container: output is dropped, and the log says so', async t => {
  const bench = await LogBench.open(t, 'logrotate');
  const own = id('stopped');
  const line =
    'echo first; until [ -e go ]; do sleep 0.05; done; seq 1 500000; touch done; until [ -e end ]; do sleep 0.05; done; echo last';
  await bench.launch({ id: own, line });
  const at = (file: string) => join(bench.sandbox(own), file);
  await eventually('output', () => existsSync(at('stdout')) && bench.read(own) === 'first\n');
  const { logger } = await eventually('its guard', () => loggerAndGuard(own));
  process.kill(logger, 'SIGSTOP'); // as a disk does that does not answer
  writeFileSync(at('go'), '');
  await eventually('the end of all that is written', () => existsSync(at('done')));
  process.kill(logger, 'SIGCONT');
  writeFileSync(at('end'), '');
  await bench.containerizer.wait(own);
  const text = bench.all(own);
  const [, missing] = /\[meseta: (\d+) bytes of output are missing here: it could not be written/.exec(text) ?? [];
  assert.ok(Number(missing) > 1_000_000, text.replace(/(\d+\n)+/g, '…\n'));
  assert.ok(/^first\n.*\nlast\n$/s.test(text), text.slice(-300));
  const kept = text.replace(/\n?\[meseta: .*\]\n/g, '').length;
  const whole = lines(1, 500_000).length + 'first\nlast\n'.length;
  const dropped = [...text.matchAll(/\[meseta: (\d+) bytes/g)].reduce((sum, [, bytes]) => sum + Number(bytes), 0);
  assert.ok(Math.abs(kept + dropped - whole) <= 3, `${kept} + ${dropped} = ${whole}`); // a line feed before each sentence
});

test('a logger that the task has stopped, with its guard, goes on at the end of the container, and ends', async t => {
  const bench = await LogBench.open(t, 'logrotate');
  const own = id('stopped-both');
  await bench.launch({ id: own, line: 'until [ -e go ]; do sleep 0.05; done; seq 1 100; exit 3' });
  const { logger, guard } = await eventually('its guard', () => loggerAndGuard(own));
  process.kill(logger, 'SIGSTOP');
  process.kill(guard, 'SIGSTOP');
  writeFileSync(join(bench.sandbox(own), 'go'), '');
  assert.deepEqual(await bench.containerizer.wait(own), { exit: { kind: 'exited', code: 3 } });
  assert.equal(bench.read(own), lines(1, 100));
  await eventually('the end of both', () => loggersOf(own).length === 0);
});

test('what the owner of the sandbox puts in the place of a file: nothing outside is written', async t => {
  const bench = await LogBench.open(t, 'logrotate', {
    max_stdout_size: '4KB',
    logrotate_stdout_options: 'rotate 2\ncompress',
  });
  const outside = join(bench.directory, 'outside');
  mkdirSync(outside);
  writeFileSync(join(outside, 'file'), 'theirs\n');
  const attacks = [
    `rm stdout; ln -s ${outside}/file stdout`,
    `ln -sf ${outside}/file stdout.1; ln -sf ${outside}/file stdout.1.gz; ln -sf ${outside}/file .stdout.gz`,
    `rm stdout; ln -s ${outside}/made stdout`,
    'rm stdout; mkfifo stdout',
    `rm -f stdout.2 stdout.2.gz; ln -s ${outside} stdout.2; mkdir stdout.2.gz stdout.2.gz/x`,
    `mv stdout elsewhere; ln -s ${outside}/file stdout`,
  ];
  const own = id('attacker');
  const line = attacks.map(each => `${each} 2>/dev/null; seq 1 3000; rm -rf stdout.*`).join('\n');
  await bench.run({ id: own, line: `${line}\necho end` });
  assert.equal(readFileSync(join(outside, 'file'), 'utf8'), 'theirs\n');
  assert.ok(!existsSync(join(outside, 'made')));
  assert.ok(lstatSync(join(bench.sandbox(own), 'stdout')).isFile());
  assert.match(bench.read(own), /end\n$/);
});

test(
  'a disk that is full: output goes on when there is room, after what is missing',
  needs.mounting('a file system is soon full'),
  async t => {
    const bench = await LogBench.open(t, 'logrotate');
    const own = id('full');
    const at = (file: string) => join(bench.sandbox(own), file);
    mkdirSync(bench.sandbox(own), { recursive: true });
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', bench.sandbox(own)]);
    try {
      const flag = join(bench.directory, 'flag');
      mkdirSync(flag);
      const line = `head -c 900000 /dev/zero >filler; seq 1 400000; touch ${flag}/done; until [ -e ${flag}/go ]; do sleep 0.05; done; echo last`;
      await bench.launch({ id: own, line });
      await eventually('that it is not stopped', () => existsSync(join(flag, 'done')));
      execFileSync('mount', ['-o', 'remount,size=16m', bench.sandbox(own)]);
      await eventually('the sentence', () =>
        /bytes of output are missing here: No space left on device/.test(bench.read(own)),
      );
      writeFileSync(join(flag, 'go'), '');
      await bench.containerizer.wait(own);
      const all = readFileSync(at('stdout'), 'utf8');
      const sentence =
        /^1\n2\n.*\n\[meseta: \d+ bytes of output are missing here: No space left on device\]\n(\d+\n)*last\n$/s;
      assert.ok(sentence.test(all), all.slice(-300));
      await bench.containerizer.remove(own);
    } finally {
      execFileSync('umount', ['--lazy', bench.sandbox(own)]);
    }
  },
);

test('tasks that write without end use no more disk than the limit', async t => {
  const bench = await LogBench.open(t, name, {
    max_stdout_size: '16KB',
    logrotate_stdout_options: 'rotate 2\ncompress',
    max_stderr_size: '8KB',
  });
  const own = id('endless');
  await bench.launch({ id: own, line: 'head -c 100000000 /dev/urandom >&2 & exec yes' });
  const sizes = () =>
    bench.files(own).map(file => statSync(join(bench.sandbox(own), file), { throwIfNoEntry: false })?.size ?? 0);
  for (let look = 0; look < 200; look++) {
    const total = sizes().reduce((sum, each) => sum + each, 0);
    assert.ok(total <= 3 * 16_384 + 8192 + 65_536, `${total}`);
    await new Promise(resolve => setImmediate(resolve));
  }
  await bench.containerizer.destroy(own);
});

test('a container whose variables are wrong does not start, and the error says what is allowed', async t => {
  const bench = await LogBench.open(t, 'logrotate');
  const wrong: [variable: string, value: string, message: RegExp][] = [
    ['MAX_STDOUT_SIZE', '1', /CONTAINER_LOGGER_MAX_STDOUT_SIZE' .* is '1': not a size; allowed: a whole number with B/],
    ['MAX_STDERR_SIZE', '1B', /is '1B': it is less than 4096B/],
    ['LOGROTATE_STDOUT_OPTIONS', 'rotate x', /'rotate x': rotate takes a number from 0 to 999/],
    ['LOGROTATE_STDERR_OPTIONS', 'postrotate', /'postrotate' is no option of this logger; it has rotate COUNT/],
    ['MAX_SIZE', '1MB', /knows no variable 'CONTAINER_LOGGER_MAX_SIZE'; allowed: CONTAINER_LOGGER_MAX_STDOUT_SIZE, /],
    ['DESTINATION_TYPE', 'syslog', /allowed: logrotate, journald, journald\+logrotate/],
    ['EXTRA_LABELS', '[1]', /not an object of JSON/],
    ['EXTRA_LABELS', '{"_UID": "0"}', /'_UID' is no name of a field/],
  ];
  for (const [variable, value, message] of wrong) {
    const launch = bench.launch({
      id: id('wrong'),
      line: forever,
      variables: { [`CONTAINER_LOGGER_${variable}`]: value },
    });
    await assert.rejects(launch, { code: 'INVALID', message });
  }
});
