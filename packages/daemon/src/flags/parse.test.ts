import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { atLeast, builtItemsOnly, eachOf, group, oneOf } from './flag.ts';
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
  { argv: ['--nope=1'], message: "Failed to load unknown flag 'nope'" },
  { argv: ['--no-nope'], message: "Failed to load unknown flag 'nope' via 'no-nope'" },
  {
    argv: ['--port=99999'],
    message:
      "Failed to load flag 'port': Failed to load value '99999': Expecting a port, a whole number from 0 to 65535",
  },
  {
    argv: ['--kinds=a,bogus'],
    message: "Failed to load flag 'kinds': Expecting any of a, later; got 'bogus'",
  },
  { argv: ['--kinds=a,later'], message: /^Flag 'kinds' asks for something that Meseta knows .*: 'later'/ },
  { argv: ['--port'], message: "Failed to load non-boolean flag 'port': Missing value" },
  { argv: ['--port', '5050'], message: "Failed to load non-boolean flag 'port': Missing value" },
  { argv: ['--no-port'], message: "Failed to load non-boolean flag 'port' via 'no-port'" },
  { argv: ['--no-quiet=true'], message: "Failed to load boolean flag 'quiet' via 'no-quiet' with value 'true'" },
  {
    argv: ['--quiet=yes'],
    message: "Failed to load flag 'quiet': Failed to load value 'yes': Expecting a boolean (e.g., true or false)",
  },
  { argv: ['--port=1', '--port=1'], message: "Flag 'port' is already loaded via name 'port'" },
  { argv: ['--quiet', '--no-quiet'], message: "Flag 'quiet' is already loaded via name 'quiet'" },
  { argv: ['--ping=2secs', '--old_ping=2secs'], message: "Flag 'ping' is already loaded via name 'old_ping'" },
  { argv: ['--ping=10ms'], message: "Failed to load flag 'ping': Invalid value '10ms': Must be at least 1secs" },
  { argv: ['--level=LOUD'], message: /^Failed to load flag 'level': Expecting one of INFO, ERROR/ },
  {
    argv: ['--name=file:///no/such/file'],
    message:
      "Failed to load flag 'name': Failed to load value 'file:///no/such/file': Error reading file '/no/such/file': No such file or directory",
  },
  { argv: [], env: { MESOS_PORT: 'x' }, message: /^Failed to load flag 'port'/ },
  { argv: [], env: { MESOS_PING: '1secs', MESOS_OLD_PING: '1secs' }, message: /already loaded/ },
  {
    argv: ['--rules={"a": b}'],
    message: "Failed to load flag 'rules': Failed to load value '{\"a\": b}': syntax error at line 1 near: b}",
  },
  {
    argv: ['--env={"password": "hunter2"'],
    message: "Failed to load flag 'env': Failed to load value: it is not JSON",
  },
  {
    argv: ['--acls={"a":1}'],
    message: /^Flag 'acls' asks for something that Meseta knows from Mesos but has not built yet: '\{"a":1\}'/,
  },
  { argv: ['--strict'], message: /^Flag 'strict' asks for something/ },
  { argv: ['--delay=2weeks'], message: /^Flag 'delay' asks for something/ },
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
  assert.match(parsed.warnings.join(), /^Loaded deprecated flag 'old_ping'/);
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
  assert.deepEqual(warnings, ["Flag 'useless' has no effect: No effect."]);
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
  assert.throws(() => parseFlags(required, []), { message: "Flag 'dir' is required, but it was not provided" });
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
  const version = start(['--version']);
  assert.ok('exit' in version && version.exit === 0);
  assert.match(version.stdout ?? '', /^meseta \d+\.\d+\.\d+ \(mesos 1\.12\.0\)\n$/);
  const wrong = start(['--nope']);
  assert.deepEqual(wrong, {
    exit: 1,
    stderr: "Failed to load unknown flag 'nope'\n\nSee `meseta master --help` for a list of supported flags.\n",
  });
  const right = start(['--', '--help']);
  assert.ok('run' in right && right.run.flags.port === 5050);
});
