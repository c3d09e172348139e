import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { DecodeError } from '@meseta/protocol';
import { eventually, FakeClock, needs } from '@meseta/system/testing';
import { createLogger, type LogOptions } from './logger.ts';
import { redact } from './redact.ts';
import { Sink } from './sink.ts';
import { Verbosity } from './verbosity.ts';

const directory = mkdtempSync(join(tmpdir(), 'meseta-log-'));
after(() => rmSync(directory, { recursive: true }));

const now = () => new Date(2026, 10, 21, 4, 54, 31, 7);

function capture(options: Partial<LogOptions> = {}) {
  const lines: string[] = [];
  const stderr = { write: (line: string) => void lines.push(line) };
  return { lines, logger: createLogger({ program: 'test', stderr, now, format: 'console', ...options }, 'master') };
}

const cause = new Error('disk full');
const systemError = (code: 'ENOSPC') =>
  Object.assign(new Error(`${code}: no space left on device, open '/x'`), { code, errno: -constants.errno[code] });
const consoleCases: [name: string, fields: Record<string, unknown>, text: string][] = [
  ['plain values', { task_id: 't-1', count: 2, gone: undefined, ok: true }, 'task_id=t-1 count=2 ok=true'],
  ['values with blanks are quoted', { name: 'a "b"', none: '' }, 'name="a \\"b\\"" none=""'],
  ['values cannot forge lines', { name: 'a\nI0101 forged' }, 'name="a\\nI0101 forged"'],
  ['terminal escapes are shown, not sent', { name: '\u001b[31m' }, 'name=\\u001b[31m'],
  ['causes once', { error: new Error('no checkpoint: disk full', { cause }) }, 'error="no checkpoint: disk full"'],
  [
    "errors of the system once, in the system's words",
    { error: new Error('cannot write: no space left on device (ENOSPC)', { cause: systemError('ENOSPC') }) },
    'error="cannot write: no space left on device (ENOSPC)"',
  ],
  [
    'errors with an errno of their own',
    { error: Object.assign(new Error('no launch'), { code: 'EXEC', errno: 'ENOMEM' }) },
    'error="no launch"',
  ],
  ['errors with their causes', { error: new Error('no checkpoint', { cause }) }, 'error="no checkpoint: disk full"'],
  [
    'what is wrong with JSON, in words of ours alone',
    { error: new Error('--resources: bad', { cause: new DecodeError('syntax error at line 1 near: x', { cause }) }) },
    'error="--resources: bad: syntax error at line 1 near: x"',
  ],
  ['secrets are not shown', { secret: 'x', url: 'zk://u:p@h/m' }, 'secret=<redacted> url=zk://<redacted>@h/m'],
  ['a password that holds @ is not shown', { url: 'zk://u:p@ss@h/m' }, 'url=zk://<redacted>@h/m'],
  [
    'objects as JSON',
    { id: { value: 'x', password: 'y' } },
    'id="{\\"value\\":\\"x\\",\\"password\\":\\"<redacted>\\"}"',
  ],
];
for (const [name, fields, text] of consoleCases) {
  test(`console: ${name}`, () => {
    const { lines, logger } = capture();
    logger.info('Hello', fields);
    assert.deepEqual(lines, [`I1121 04:54:31.007 master] Hello ${text}\n`]);
  });
}

test('JSON lines have the head, the fields and errors in full', () => {
  const { lines, logger } = capture({ format: 'json' });
  logger.child({ component: 'registrar', agent_id: 'S1' }).error('Lost\nit', { error: cause, token: 'x' });
  assert.equal(lines.length, 1);
  const { error, time, ...rest } = JSON.parse(lines[0] ?? '');
  assert.equal(time, now().toISOString());
  assert.equal(error.message, 'disk full');
  assert.match(error.stack, /Error: disk full/);
  assert.deepEqual(rest, {
    severity: 'ERROR',
    component: 'registrar',
    message: 'Lost\nit',
    agent_id: 'S1',
    token: '<redacted>',
  });
});

const big = 'x'.repeat(200_000);
for (const format of ['console', 'json']) {
  test(`what others sent does not fill the log: ${format}`, () => {
    const { lines, logger } = capture({ format });
    const list = Array.from({ length: 10_000 }, (_, index) => ({ role: `r${index}` }));
    logger.info(`Refused ${big}`, { role: big, list, error: new Error(big), task_id: 't-1' });
    assert.ok((lines[0] ?? '').length < 100_000, `${lines[0]?.length}`);
    for (const part of ['Refused xxx', 't-1', 'characters left out']) assert.ok(lines[0]?.includes(part), part);
    if (format === 'json') assert.equal((JSON.parse(lines[0] ?? '') as { task_id: string }).task_id, 't-1');
  });
}

test('severity and verbosity decide what is shown', () => {
  const { lines, logger } = capture({ level: 'WARNING' });
  logger.info('no');
  logger.warning('yes');
  logger.debug('no');
  assert.deepEqual(
    lines.map(line => line[0]),
    ['W'],
  );
  const verbosity = new Verbosity(0);
  const verbose = capture({ verbosity });
  verbose.logger.debug('no');
  verbosity.set(2, 60_000);
  verbose.logger.verbose(2, 'yes');
  verbose.logger.verbose(3, 'no');
  assert.equal(verbose.lines.length, 1);
});

test('quiet leaves standard error to the last words', () => {
  const { lines, logger } = capture({ quiet: true });
  logger.error('no');
  logger.fatal('yes');
  assert.deepEqual(
    lines.map(line => line[0]),
    ['F'],
  );
});

test('the verbosity goes back after its time; a later change replaces an earlier one', () => {
  const clock = new FakeClock();
  const verbosity = new Verbosity(1, clock);
  verbosity.set(3, 1000);
  verbosity.set(2, 1e12); // longer than a timer of the platform
  clock.advance(1e12 - 1);
  assert.equal(verbosity.level, 2);
  clock.advance(1);
  assert.equal(verbosity.level, 1);
  verbosity.set(1, 1000);
  assert.equal(clock.pending, 0);
});

test('log files are named as glog names them, a link points at the current one', async () => {
  const at = join(directory, 'nested', 'log');
  const { logger } = capture({ directory: at, program: 'mesos-master' });
  assert.equal(logger.logFile, join(at, 'mesos-master.INFO'));
  logger.info('one');
  logger.warning('two');
  await logger.flush();
  assert.match(readFileSync(join(at, 'mesos-master.INFO'), 'utf8'), /one\n.*two\n$/);
  assert.match(readFileSync(join(at, 'mesos-master.WARNING'), 'utf8'), /^W1121 .*two\n$/);
  const names = readdirSync(at).sort();
  assert.equal(names.length, 4);
  assert.match(names.join(), /mesos-master\.\S+\.log\.INFO\.20261121-045431\.\d+/);
});

test('no line is lost when the process exits at once', () => {
  const module = new URL('./logger.ts', import.meta.url).href;
  const script = `import { createLogger } from '${module}';
    const logger = createLogger({ program: 'x', directory: '${join(directory, 'exit')}', format: 'console' }, 'test');
    for (let i = 0; i < 20000; i++) logger.info('line ' + i);
    setTimeout(() => { for (let i = 20000; i < 40000; i++) logger.info('line ' + i); process.exit(3); }, 1);`;
  const result = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  assert.equal(result.status, 3, result.stderr.slice(0, 500));
  const numbers = (text: string) =>
    text
      .trim()
      .split('\n')
      .map(line => Number(line.split(' ').at(-1)))
      .sort((a, b) => a - b);
  const all = Array.from({ length: 40_000 }, (_, index) => index);
  assert.deepEqual(numbers(result.stderr), all);
  assert.deepEqual(numbers(readFileSync(join(directory, 'exit', 'x.INFO'), 'utf8')), all);
});

test('redaction works at any depth, leaves the original alone and survives cycles', () => {
  const value: Record<string, unknown> = { a: [{ Password: 'x', b: 'http://u:p@h/' }], n: 1 };
  value.self = value;
  assert.deepEqual(redact(value), {
    a: [{ Password: '<redacted>', b: 'http://<redacted>@h/' }],
    n: 1,
    self: '<cycle>',
  });
  assert.equal((value.a as { Password: string }[])[0]?.Password, 'x');
});

test('a log directory in which nothing can be made costs lines of the log alone, and the file says how many', async () => {
  const at = join(directory, 'broken');
  const { lines, logger } = capture({ directory: at, program: 'x' });
  logger.info('one');
  await logger.flush();
  rmSync(at, { recursive: true });
  for (let count = 0; count < 3; count++) logger.warning('two');
  assert.match(lines[2] ?? '', /^E.*Lines of the log are missing in '\S+x\.WARNING' from here on: no such file/);
  assert.equal(lines.length, 5);
  mkdirSync(at);
  const file = join(at, 'x.WARNING');
  await eventually('the file', () => {
    logger.warning('three');
    return existsSync(file);
  });
  await logger.flush();
  assert.match(
    readFileSync(file, 'utf8'),
    /^W \d+ log lines are missing here: no such file or directory \(ENOENT\)\nW.*three\n/,
  );
});

test(
  'lines that a full disk did not take are counted where they are missing',
  needs.mounting('the disk is full'),
  async t => {
    const at = join(directory, 'full');
    mkdirSync(at);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', at]);
    t.after(() => execFileSync('umount', ['--lazy', at]));
    const losses: string[] = [];
    const sink = Sink.open(join(at, 'log'), ({ code = '' }) => losses.push(code));
    const filler = join(at, 'filler');
    sink.write('first\n');
    await sink.flush();
    for (let size = 4096; size <= 65_536; size += 4096) {
      try {
        writeFileSync(`${filler}${size}`, Buffer.alloc(4096));
      } catch {
        rmSync(`${filler}${size}`, { force: true });
        break; // it is full
      }
    }
    const line = `${'x'.repeat(999)}\n`;
    for (let count = 0; count < 10; count++) {
      sink.write(line);
      await sink.flush();
    }
    rmSync(`${filler}4096`);
    sink.write('last\n');
    await sink.flush();
    assert.deepEqual(losses, ['ENOSPC']);
    const written = readFileSync(join(at, 'log'), 'utf8').split('\n');
    const whole = written.filter(each => `${each}\n` === line).length;
    assert.deepEqual(written.slice(-3), [
      `W ${10 - whole} log lines are missing here: no space left on device (ENOSPC)`,
      'last',
      '',
    ]);
  },
);

test('a log directory that cannot be written to is refused by the name of its flag', () => {
  const at = join(directory, 'refused');
  mkdirSync(at);
  const link = join(at, `x.INFO.${process.pid}`);
  mkdirSync(link); // in the way
  assert.throws(() => capture({ directory: at, program: 'x' }), {
    code: 'DIRECTORY_UNUSABLE',
    message: new RegExp(`^Cannot write to --log_dir '${at}': `),
  });
});
