import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { atLeast, builtItemsOnly, eachOf, group, notEmpty, oneOf } from './flag.ts';
import { parseFlags } from './parse.ts';
import { startWithFlags } from './start.ts';
import { bool, duration, json, list, path, port, securePathOrValue, string } from './types.ts';

const directory = mkdtempSync(join(tmpdir(), 'meseta-flags-'));
after(() => rmSync(directory, { recursive: true }));
const file = (name: string, content: string) => {
  const at = join(directory, name);
  writeFileSync(at, content);
  return at;
};

const table = {
  ...group('Plain', {
    port: { type: port, default: '5050', help: 'A port.' },
    quiet: { type: bool, default: 'false', help: 'A switch.' },
    loud: { type: bool, default: 'true', help: 'A switch that is on.' },
    name: { type: string, help: 'A text.' },
    ping: {
      type: duration,
      default: '15secs',
      aliases: ['old_ping'],
      help: 'A time.',
      check: atLeast(duration, '1secs'),
    },
    level: { type: string, default: 'INFO', help: 'A choice.', check: oneOf('INFO', 'ERROR') },
    host: { type: string, help: 'A name.', check: notEmpty },
    rules: { type: json, help: 'JSON.' },
    file: { type: path, help: 'A path.' },
    zk: { type: securePathOrValue, help: 'An address.' },
    env: { type: json, secret: true, help: 'Secrets.' },
  }),
  ...group('Unbuilt', {
    acls: { type: json, status: 'later', help: 'Not built.' },
    strict: { type: bool, default: 'false', status: 'later', help: 'Not built.' },
    delay: { type: duration, default: '1weeks', status: 'later', help: 'Not built.' },
    kinds: { type: list, default: 'a', help: 'Words.', check: eachOf('a', 'later'), lacks: builtItemsOnly('a') },
    isolation: { type: list, default: 'a', help: 'Partly built.', lacks: builtItemsOnly('a', 'b') },
    useless: { type: string, status: 'ignored', help: 'No effect.' },
  }),
} as const;

const parse = (argv: string[], env: Record<string, string> = {}) => parseFlags(table, argv, env);

const errors: { argv: string[]; env?: Record<string, string>; message: RegExp | string }[] = [
  { argv: ['--nope=1'], message: 'There is no flag --nope' },
  { argv: ['--no-nope'], message: 'There is no flag --no-nope' },
  { argv: ['--prot=1'], message: 'There is no flag --prot; did you mean --port?' },
  { argv: ['--no-quite'], message: 'There is no flag --no-quite; did you mean --quiet?' },
  { argv: ['--port=99999'], message: "--port='99999': not a port; allowed: a whole number from 0 to 65535" },
  { argv: ['--port='], message: "--port='': not a port; allowed: a whole number from 0 to 65535" },
  { argv: ['--kinds=a,bogus'], message: "--kinds='a,bogus': 'bogus' is not known; allowed: any of a, later" },
  { argv: ['--kinds=a,later'], message: /^--kinds asks for something that Meseta knows .*: 'later'/ },
  { argv: ['--port'], message: '--port needs a value: --port=PORT' },
  { argv: ['--port', '5050'], message: '--port needs a value: --port=PORT; did you mean --port=5050?' },
  { argv: ['--env', '{"password":"hunter2"}'], message: '--env needs a value: --env=JSON' },
  { argv: ['--no-port'], message: '--no-port: --port cannot be negated; it is written --port=PORT' },
  { argv: ['--no-quiet=true'], message: "--no-quiet='true': takes no value; allowed: --no-quiet, --quiet=false" },
  { argv: ['--quiet=yes'], message: "--quiet='yes': not a boolean; allowed: true, false, 1, 0" },
  { argv: ['--port=1', '--port=1'], message: '--port is given twice' },
  { argv: ['--quiet', '--no-quiet'], message: '--no-quiet and --quiet are the same flag; give one of them' },
  { argv: ['--ping=2secs', '--old_ping=2secs'], message: '--old_ping and --ping are the same flag; give one of them' },
  { argv: ['--ping=10ms'], message: "--ping='10ms': must be at least 1secs" },
  {
    argv: ['--ping=abc'],
    message: "--ping='abc': not a duration; allowed: a number with ns, us, ms, secs, mins, hrs, days or weeks",
  },
  {
    argv: [`--ping=${'9'.repeat(1000)}`],
    message: /^--ping='9{100}… \(800 characters left out\) …9{100}': not a duration/,
  },
  { argv: ['--level=LOUD'], message: "--level='LOUD': not known; allowed: INFO, ERROR" },
  { argv: ['--host='], message: "--host='': must not be empty; leave the flag out for none" },
  {
    argv: ['--name=file:///no/such/file'],
    message: "--name='file:///no/such/file': cannot read the file '/no/such/file': no such file or directory (ENOENT)",
  },
  {
    argv: ['--rules={"a": b}'],
    message: `--rules='{"a": b}': not JSON, syntax error at line 1 near: b}`,
  },
  { argv: ['--rules='], message: /^--rules='': not JSON, syntax error/ },
  { argv: ['--rules=[]'], message: "--rules='[]': not a JSON object; allowed: {…}, or file:///path of a file with it" },
  {
    argv: [],
    env: { MESOS_PORT: 'x' },
    message: "MESOS_PORT='x': not a port; allowed: a whole number from 0 to 65535",
  },
  { argv: [], env: { MESOS_level: 'x' }, message: "MESOS_level='x': not known; allowed: INFO, ERROR" },
  { argv: [], env: { MESOS_STRICT: '1' }, message: /^MESOS_STRICT asks for something/ },
  {
    argv: [],
    env: { MESOS_PING: '1secs', MESOS_OLD_PING: '1secs' },
    message: 'MESOS_OLD_PING and MESOS_PING are the same flag; give one of them',
  },
  { argv: ['--env={"password": "hunter2"'], message: '--env: not JSON' },
  {
    argv: ['--acls={"a":1}'],
    message: /^--acls asks for something that Meseta knows from Mesos but has not built yet: '\{"a":1\}'/,
  },
  { argv: ['--strict'], message: /^--strict asks for something/ },
  { argv: ['--delay=2weeks'], message: /^--delay asks for something/ },
  { argv: ['--isolation=a,c,d'], message: /'c,d'/ },
];
for (const { argv, env, message } of errors) {
  test(`refuses ${argv.join(' ')} ${env ? JSON.stringify(env) : ''}`, () => {
    assert.throws(() => parse(argv, env), { name: 'FlagError', code: 'FLAG_INVALID', message });
  });
}

test('names are taken in any case, booleans in all their forms', () => {
  assert.equal(parse(['--PORT=1']).flags.port, 1);
  for (const on of ['--quiet', '--quiet=', '--quiet=true', '--quiet=1']) assert.equal(parse([on]).flags.quiet, true);
  for (const off of ['--no-loud', '--no-loud=', '--loud=false', '--loud=0'])
    assert.equal(parse([off]).flags.loud, false);
});

test('a value may contain an equals sign and be empty', () => {
  assert.equal(parse(['--name=a=b']).flags.name, 'a=b');
  assert.equal(parse(['--name=']).flags.name, '');
});

test('what is no flag is left over with a warning, and everything after --', () => {
  const { positional, warnings, flags } = parse(['one', '--port=1', '--', '--port=2', 'two']);
  assert.deepEqual(positional, ['one', '--port=2', 'two']);
  assert.equal(flags.port, 1);
  assert.equal(warnings.length, 3);
});

test('the environment is below the command line and may hold what is none of ours', () => {
  const env = {
    MESOS_PORT: '7',
    MESOS_name: 'n',
    MESOS_NATIVE_LIBRARY: 'x',
    MESOS_QUIET: '1',
    'MESOS_no-loud': '',
    OTHER: '1',
  };
  const { flags } = parse(['--port=8', '--no-quiet'], env);
  assert.deepEqual([flags.port, flags.name, flags.quiet, flags.loud], [8, 'n', false, false]);
  assert.equal(parse(['--ping=1mins'], { MESOS_OLD_PING: '2mins' }).flags.ping, 60_000);
});

test('a deprecated name works, warns, and is the one that is shown', () => {
  const parsed = parse(['--old_ping=90secs']);
  assert.equal(parsed.flags.ping, 90_000);
  assert.equal(parsed.effectiveName('ping'), 'old_ping');
  assert.equal(parsed.view().old_ping, '90secs');
  assert.equal(parsed.view().ping, undefined);
  assert.match(parsed.warnings.join(), /^--old_ping is a deprecated name: the flag is --ping$/);
});

test('file:// stands for the content, except for paths and addresses', () => {
  const name = file('name', 'from file\n');
  const zk = file('zk', 'zk://u:p@h/m\n');
  const { flags, view } = parse([`--name=file://${name}`, `--file=file://${name}`, `--zk=file://${zk}`]);
  assert.equal(flags.name, 'from file');
  assert.equal(flags.file, name);
  assert.deepEqual(flags.zk, { value: 'zk://u:p@h/m', path: zk });
  assert.equal(view().zk, zk);
});

test('JSON from a bare absolute path is taken with a warning', () => {
  const { flags, warnings } = parse([`--rules=${file('rules', '{"a":[1]}')}`]);
  assert.deepEqual(flags.rules, { a: [1] });
  assert.match(warnings.join(), /deprecated/);
});

test('what is not built is taken where it asks for nothing; what has no effect warns', () => {
  const { flags, warnings } = parse(['--no-strict', '--delay=7days', '--isolation=b,a', '--useless=x']);
  assert.deepEqual([flags.strict, flags.delay, flags.isolation], [false, 604_800_000, ['b', 'a']]);
  assert.deepEqual(warnings, ['--useless has no effect: No effect.']);
});

test('the view has every flag with a value and nothing secret', () => {
  const parsed = parse(['--env={"P":"secret"}', '--zk=zk://u:secret@h/m']);
  assert.deepEqual(parsed.view(), {
    delay: '1weeks',
    env: '<redacted>',
    isolation: 'a',
    kinds: 'a',
    level: 'INFO',
    loud: 'true',
    ping: '15secs',
    port: '5050',
    quiet: 'false',
    strict: 'false',
    zk: 'zk://<redacted>@h/m',
  });
  assert.deepEqual([...parsed.given].sort(), ['env', 'zk']);
});

test('required flags and rules over several flags', () => {
  const required = { dir: { type: string, required: true, help: 'D.' }, port: table.port } as const;
  assert.throws(() => parseFlags(required, []), { message: '--dir is required: --dir=VALUE' });
  const dir: string = parseFlags(required, ['--dir=/x']).flags.dir;
  assert.equal(dir, '/x');
  const rule = (flags: { port: number }) => (flags.port === 1 ? 'Not both' : undefined);
  assert.throws(() => parseFlags(required, ['--dir=/x', '--port=1'], {}, [rule]), { message: 'Not both' });
});

test('help and version leave with 0 even beside mistakes; mistakes leave with 1', () => {
  const start = (argv: string[]) => startWithFlags({ table, command: 'meseta master', argv, env: {}, columns: 60 });
  const help = start(['--nope', '--help']);
  assert.ok('exit' in help && help.exit === 0);
  assert.match(help.stdout ?? '', /^Usage: meseta master \[flags\]\n/);
  assert.match(
    help.stdout ?? '',
    / {2}--ping=DURATION \(deprecated: --old_ping=DURATION\)\n {6}A time\. Default: 15secs\.\n/,
  );
  assert.ok((help.stdout ?? '').split('\n').every(line => line.length <= 60));
  for (const form of ['--help=', '--help=true', '--help=1', ' --HELP '])
    assert.deepEqual(start(['--nope', form]), help);
  const version = start(['--version']);
  assert.ok('exit' in version && version.exit === 0);
  assert.match(version.stdout ?? '', /^meseta \d+\.\d+\.\d+ \(mesos 1\.12\.0\)\n$/);
  const wrong = start(['--nope']);
  assert.deepEqual(wrong, {
    exit: 1,
    stderr: 'There is no flag --nope\n\nSee `meseta master --help` for a list of supported flags.\n',
  });
  const right = start(['--', '--help']);
  assert.ok('run' in right && right.run.flags.port === 5050);
});

const presets = group('Presets', {
  profile: {
    type: string,
    help: 'Several at once.',
    check: oneOf('small'),
    presets: { small: { port: '7', loud: 'false' } },
  },
  port: { type: port, default: '5050', help: 'A port.' },
  loud: { type: bool, default: 'true', help: 'A switch.' },
});

const presetCases: {
  name: string;
  argv: string[];
  env?: Record<string, string>;
  view: Record<string, string>;
  warnings: string[];
}[] = [
  { name: 'sets nothing when absent', argv: [], view: { loud: 'true', port: '5050' }, warnings: [] },
  {
    name: 'sets its flags',
    argv: ['--profile=small'],
    view: { loud: 'false', port: '7', profile: 'small' },
    warnings: [],
  },
  {
    name: 'is below the command line, which is said',
    argv: ['--profile=small', '--port=8', '--no-loud'],
    view: { loud: 'false', port: '8', profile: 'small' },
    warnings: ["--port='8' is used: --profile=small would set --port to '7'"],
  },
  {
    name: 'is below the environment, even when it is given on the command line',
    argv: ['--profile=small'],
    env: { MESOS_LOUD: 'true' },
    view: { loud: 'true', port: '7', profile: 'small' },
    warnings: ["MESOS_LOUD='true' is used: --profile=small would set --loud to 'false'"],
  },
];
for (const { name, argv, env, view, warnings } of presetCases) {
  test(`a flag that stands for several ${name}`, () => {
    const parsed = parseFlags(presets, argv, env);
    assert.deepEqual(parsed.view(), view);
    assert.deepEqual(parsed.warnings, warnings);
  });
}

test('the help of a flag says what a preset sets it to', () => {
  const { stdout = '' } = startWithFlags({ table: presets, command: 'x', argv: ['--help'], env: {} }) as {
    stdout?: string;
  };
  assert.match(stdout, /A port\. Default: 5050\. With --profile=small: 7\./);
});
