/** Flags of an agent as its operator gives them, in the environment too, and what it writes to its log. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { eventually } from '@meseta/system/testing';
import { severities, startFlagged } from './support/flagged-daemon.ts';
import { Meseta, meseta } from './support/meseta.ts';
import { temporaryDirectory } from './support/temporary-directory.ts';

test('an agent is set up by its environment, and the command line takes precedence', async t => {
  const attributes = { MESOS_ATTRIBUTES: 'from:environment', MESOS_DEFAULT_ROLE: 'web' };
  const { ask, directory } = await startFlagged(t, 'agent', ['--attributes=from:arguments'], attributes);
  const { flags } = (await ask('/flags')) as { flags: Record<string, string> };
  const shown = Object.entries({
    attributes: 'from:arguments',
    default_role: 'web',
    hostname_lookup: 'false',
    master: '127.0.0.1:1',
    work_dir: path.join(directory, 'work'),
  });
  for (const [name, value] of shown) assert.equal(flags[name], value, name);
  const state = (await ask('/state')) as { attributes: unknown; hostname: string; reserved_resources: object };
  assert.deepEqual(state.attributes, { from: 'arguments' });
  assert.equal(state.hostname, '127.0.0.1');
  assert.deepEqual(Object.keys(state.reserved_resources), ['web']);
});

test('a mistake in the environment is named by its variable', async t => {
  const argv = ['agent', '--master=127.0.0.1:1', `--work_dir=${temporaryDirectory(t, 'flags')}`];
  const { code, stderr } = await new Meseta(argv, { env: { MESOS_PORT: 'none' } }).finished;
  assert.equal(code, 1);
  assert.match(stderr, /MESOS_PORT='none': not a port; allowed: a whole number from 0 to 65535/);
});

test('what is no address of a master is refused with the forms that are allowed', async t => {
  const directory = temporaryDirectory(t, 'flags');
  const where = [`--work_dir=${path.join(directory, 'work')}`, `--runtime_dir=${path.join(directory, 'run')}`];
  const { code, stderr } = await meseta('agent', '--master=10.0.0.5:5050,10.0.0.6:x', '--port=0', ...where);
  assert.equal(code, 1);
  assert.match(
    stderr,
    /'10\.0\.0\.6:x' is not the address of a master; --master takes host:port of a master, several separated by commas, zk:/,
  );
  const secure = await meseta('agent', '--master=https://10.0.0.5:5050', '--port=0', ...where);
  assert.equal(secure.code, 1);
  assert.match(
    secure.stderr,
    /begins with https:\/\/, which --master does not take: give host:port\. .*SSL_ENABLED=true/,
  );
});

const texts: [flag: string, text: RegExp][] = [
  ['--version', /^meseta \d+\.\d+\.\d+ \(mesos 1\.12\.0\)\n$/],
  ['--help', /--executor_registration_timeout=DURATION/],
];
for (const [flag, text] of texts) {
  test(`${flag} starts nothing`, async () => {
    const { code, stdout } = await meseta('agent', flag);
    assert.equal(code, 0);
    assert.match(stdout, text);
  });
}

/** That the master does not answer; what the agent says before has other severities. */
const lastLine = /^W.*Cannot register with the master/m;

test('--logging_level leaves lines of lower severity out', async t => {
  const all = await startFlagged(t, 'agent', []);
  await all.process.says(lastLine);
  assert.equal(severities(all.process.stderr), 'IW');
  const warnings = await startFlagged(t, 'agent', ['--logging_level=WARNING']);
  await warnings.process.says(lastLine);
  assert.equal(severities(warnings.process.stderr), 'W');
});

test('--quiet leaves standard error alone; --log_dir has the log, line by line, by severity', async t => {
  const logs = path.join(temporaryDirectory(t, 'flags'), 'logs');
  const { process, ask } = await startFlagged(t, 'agent', ['--quiet', `--log_dir=${logs}`, '--logbufsecs=600']);
  const file = (severity: string) => readFileSync(path.join(logs, `meseta-agent.${severity}`), 'utf8');
  const hasWarning = () => existsSync(path.join(logs, 'meseta-agent.WARNING')) && lastLine.test(file('WARNING'));
  await eventually('the warning in the last of the files', hasWarning);
  assert.equal(severities(file('INFO')), 'IW');
  assert.equal(severities(file('WARNING')), 'W');
  assert.equal(process.stderr, '');
  const { data } = (await ask('/files/read?path=/slave/log&offset=0&length=4000')) as { data: string };
  assert.ok(data.length > 0 && file('INFO').startsWith(data));
  assert.equal(((await ask('/state')) as { log_dir: string }).log_dir, logs);
});

test('--logging_level of a --quiet agent is that of its files', async t => {
  const logs = path.join(temporaryDirectory(t, 'flags'), 'logs');
  await startFlagged(t, 'agent', ['--quiet', `--log_dir=${logs}`, '--logging_level=WARNING']);
  const names = await eventually('a log file', () => {
    const found = readdirSync(logs).filter(name => /^meseta-agent\.[A-Z]+$/.test(name));
    return found.length > 0 && found;
  });
  assert.deepEqual(names, ['meseta-agent.WARNING']);
});

test('--external_log_file is shown in place of the file in --log_dir', async t => {
  const directory = temporaryDirectory(t, 'flags');
  const external = path.join(directory, 'collected.log');
  writeFileSync(external, 'what a supervisor has collected\n');
  const { ask } = await startFlagged(t, 'agent', [
    `--external_log_file=${external}`,
    `--log_dir=${path.join(directory, 'logs')}`,
  ]);
  const { data } = (await ask('/files/read?path=/slave/log&offset=0&length=100')) as { data: string };
  assert.equal(data, 'what a supervisor has collected\n');
  assert.equal(((await ask('/state')) as { external_log_file: string }).external_log_file, external);
});
