/** Output in the journal of systemd: the real one, and what becomes of output while there is none. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { all, eventually, needs } from '@meseta/system/testing';
import { id } from '../../testing/containerizer-bench.ts';
import { LogBench } from './testing/log-bench.ts';

const journald = '/lib/systemd/systemd-journald';
const real = all(
  needs.mounting('the journal of a test has its own /run'),
  needs.package('systemd', journald, '/usr/bin/journalctl'),
);

/** Starts a journal with its own `/run`, and returns where that is. */
async function startJournal(t: TestContext): Promise<string> {
  const line = `mount -t tmpfs tmpfs /run && mkdir -p /run/systemd/journal /run/log/journal && exec ${journald}`;
  const child = spawn('unshare', ['--mount', 'sh', '-c', line], { stdio: 'ignore' });
  t.after(async () => {
    child.kill();
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  });
  const run = `/proc/${child.pid}/root/run`;
  await eventually('the journal', () => existsSync(`${run}/systemd/journal/socket`));
  return run;
}

type Entry = Readonly<Record<string, string>>;

/** Returns the entries of a container, in order. */
function entriesOf(run: string, container: string): Entry[] {
  const options = ['-D', `${run}/log/journal`, '-o', 'json', '--no-pager', `CONTAINER_ID=${container}`];
  const text = execFileSync('journalctl', options, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  return text
    .trim()
    .split('\n')
    .filter(line => line.startsWith('{'))
    .map(line => JSON.parse(line));
}

test('each line is an entry with the ids of its task', real, async t => {
  const run = await startJournal(t);
  const bench = await LogBench.open(t, 'com_mesosphere_mesos_JournaldLogger', {
    journald_socket: `${run}/systemd/journal/socket`,
    extra_labels: '{"CLUSTER": "one"}',
  });
  const own = id('journal');
  await bench.run({
    id: own,
    line: 'echo one; echo two >&2; printf "no end"',
    variables: { CONTAINER_LOGGER_EXTRA_LABELS: '{"TEAM": "web\\nand more"}' },
    options: { labels: { FRAMEWORK_ID: 'f', AGENT_ID: 'a', EXECUTOR_ID: 'e', TASK_ID: 't' } },
  });
  const entries = await eventually('three entries', () => {
    const found = entriesOf(run, own.value);
    return found.length === 3 ? found : undefined;
  });
  const fields = [
    'MESSAGE',
    'STREAM',
    'PRIORITY',
    'FRAMEWORK_ID',
    'AGENT_ID',
    'EXECUTOR_ID',
    'TASK_ID',
    'CLUSTER',
    'TEAM',
  ];
  const ids = ['f', 'a', 'e', 't', 'one', 'web\nand more'];
  const found = new Set(entries.map(entry => fields.map(field => entry[field]).join('|')));
  assert.deepEqual(
    found,
    new Set([
      ['one', 'STDOUT', '6', ...ids].join('|'),
      ['two', 'STDERR', '3', ...ids].join('|'),
      ['no end', 'STDOUT', '6', ...ids].join('|'),
    ]),
  );
  assert.deepEqual(bench.files(own), [], 'nothing is written to the sandbox');
});

/** A server of the journal's protocol in Perl, because Node.js has no datagrams on unix sockets. Prints what it gets. */
const server = `
  $| = 1; unlink $ARGV[0]; socket my $s, 1, 2, 0; bind $s, pack 'Sa*', 1, $ARGV[0] or die $!;
  while (defined recv $s, my $entry, 65536, 0) { print $entry =~ /^MESSAGE=(.*)$/m, "\\n" }`;

test('a journal that is not there: files are written, and the journal says what it misses', async t => {
  const path = join((await LogBench.open(t, 'sandbox')).directory, 'journal');
  const bench = await LogBench.open(t, 'journald+logrotate', { journald_socket: path });
  const own = id('absent');
  const go = 'until [ -e go ]; do sleep 0.05; done';
  await bench.launch({ id: own, line: `seq 1 300000; touch written; ${go}; echo last` });
  await eventually('the end of all that is written', () => existsSync(join(bench.sandbox(own), 'written')));
  const journal = spawn('perl', ['-e', server, path], { stdio: ['ignore', 'pipe', 'inherit'] });
  let received = '';
  journal.stdout.setEncoding('utf8').on('data', text => {
    received += text;
  });
  try {
    await eventually('what is missing', () => received.includes('bytes of output are missing here'));
    execFileSync('touch', [join(bench.sandbox(own), 'go')]);
    await bench.containerizer.wait(own);
    await eventually('the last line', () => received.endsWith('\nlast\n'));
  } finally {
    journal.kill();
    await once(journal, 'close');
  }
  const sentence = /^1\n2\n.*\n\[meseta: \d+ bytes of output are missing here: No such file or directory\]\n/s;
  assert.ok(sentence.test(received), received.slice(-200));
  const whole = Array.from({ length: 300_000 }, (_, index) => `${index + 1}\n`).join('');
  assert.ok(readFileSync(join(bench.sandbox(own), 'stdout'), 'utf8') === `${whole}last\n`);
});
