/**
 * The flags of a master in the documentation of November 2014: the forms that are taken, and those that are refused. Those
 * about ZooKeeper, the registry's storage, authentication and authorization are tested with what they do.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseFlags } from '@meseta/flags';
import { masterFlags, masterRules } from './flags.ts';

const parse = (...argv: string[]) => parseFlags(masterFlags, argv, {}, masterRules);
const least = ['--work_dir=/x'];

type Refusals = readonly (readonly [text: string, message: RegExp])[];

const duration: Refusals = [
  ['1min', /not a duration; allowed: .* mins/],
  ['10', /not a duration/],
  ['-1secs', /not a duration/],
  ['', /not a duration/],
];
const yesOrNo: Refusals = [['yes', /not a boolean; allowed: true, false/]];
const sorters: Refusals = [['fifo', /not known; allowed: drf, random/]];
const library = { file: '/lib/libfoo.so', modules: [{ name: 'org_bar', parameters: [{ key: 'X', value: 'Y' }] }] };

const of2014: [flag: string, takes: readonly string[], refuses?: Refusals][] = [
  ['allocation_interval', ['1secs', '500ms', '1mins'], [...duration, ['0secs', /must be greater than zero/]]],
  ['cluster', ['', 'production']],
  ['framework_sorter', ['drf', 'random'], sorters],
  ['help', ['true', 'false'], yesOrNo],
  ['hostname', ['master.example.org'], [['', /must not be empty/]]],
  ['initialize_driver_logging', ['true', 'false'], yesOrNo],
  ['ip', ['10.0.0.1'], [['master.example.org', /not an IP address; .*names are not looked up/]]],
  ['log_auto_initialize', ['true', 'false'], yesOrNo],
  ['log_dir', ['/var/log/mesos'], [['', /not a path/]]],
  ['logbufsecs', ['0', '30'], [['-1', /not a whole number/]]],
  ['logging_level', ['INFO', 'WARNING', 'ERROR'], [['DEBUG', /not known; allowed: INFO, WARNING, ERROR/]]],
  ['modules', [JSON.stringify({ libraries: [library] })], [['[]', /not a JSON object; allowed: \{…\}, or file:/]]],
  ['offer_timeout', ['30secs', '1mins'], [...duration, ['0secs', /must be greater than zero/]]],
  ['port', ['0', '5050', '65535'], [['65536', /not a port; allowed: a whole number from 0 to 65535/]]],
  ['quiet', ['true', 'false'], yesOrNo],
  [
    'recovery_slave_removal_limit',
    ['0%', '50%', '100%'],
    [
      ['50', /not a percentage/],
      ['101%', /not a percentage/],
      ['-1%', /not a percentage/],
    ],
  ],
  [
    'roles',
    ['web', 'web,batch', 'web/front'],
    [
      ['web,/batch', /Role '\/batch' cannot start with a slash/],
      ['a b', /invalid because it contains backspace or whitespace/],
      ['-web', /starts with a dash/],
    ],
  ],
  ['root_submissions', ['true', 'false'], yesOrNo],
  ['slave_reregister_timeout', ['10mins', '1hrs'], [...duration, ['599secs', /must be at least 10mins/]]],
  ['user_sorter', ['drf', 'random'], sorters],
  ['version', ['true', 'false'], yesOrNo],
  ['webui_dir', ['/usr/local/share/mesos/webui', '/usr/share/mesos/webui', '/srv/ui'], []],
  [
    'weights',
    ['web=2', 'web=2,batch=0.5'],
    [
      ['web', /'web' is no weight; allowed: role=weight, with a weight above zero/],
      ['web=0', /'web=0' is no weight/],
      ['web=-1', /'web=-1' is no weight/],
      ['web=two', /'web=two' is no weight/],
      ['web=1=2', /'web=1=2' is no weight/],
      ['=1', /'=1' is no weight/],
      ['/web=1', /Role '\/web' cannot start with a slash/],
    ],
  ],
  ['whitelist', ['/etc/mesos/whitelist', '*'], [['', /not a path/]]],
  ['work_dir', ['/var/lib/mesos'], [['', /not a path/]]],
];

for (const [flag, takes, refuses = []] of of2014) {
  test(`--${flag} of 2014 is taken from the command line and from the environment, with its values only`, () => {
    const others = least.filter(argument => !argument.startsWith(`--${flag}=`));
    const inEnvironment = (env: Record<string, string>) => parseFlags(masterFlags, others, env, masterRules);
    const ways = [
      (text: string) => parse(...others, `--${flag}=${text}`),
      (text: string) => inEnvironment({ [`MESOS_${flag.toUpperCase()}`]: text }),
      (text: string) => inEnvironment({ [`MESOS_${flag}`]: text }),
    ];
    for (const way of ways) {
      for (const text of takes) assert.equal(way(text).view()[flag], text);
      for (const [text, message] of refuses) assert.throws(() => way(text), { code: 'FLAG_INVALID', message }, text);
    }
    const isSwitch = refuses.some(refused => yesOrNo.includes(refused));
    for (const [argument, text] of Object.entries({ [`--${flag}`]: 'true', [`--no-${flag}`]: 'false' })) {
      if (isSwitch) assert.equal(parse(...others, argument).view()[flag], text);
      else assert.throws(() => parse(...others, argument), { code: 'FLAG_INVALID' }, argument);
    }
  });
}

test('--weights may name only roles that --roles permits', () => {
  const message = /--weights names role 'batch', which is not in --roles; allowed: \*, web/;
  assert.throws(() => parse(...least, '--roles=web', '--weights=web=2,batch=1'), { code: 'FLAG_INVALID', message });
  assert.deepEqual(parse(...least, '--roles=web', '--weights=web=2,*=3').flags.weights, { web: 2, '*': 3 });
});

const withoutEffect: [argument: string, warning: RegExp][] = [
  ['--logbufsecs=30', /^--logbufsecs has no effect: .*Lines are always written at once/],
  ['--no-initialize_driver_logging', /^--no-initialize_driver_logging has no effect: .* there are none in Meseta/],
  ['--slave_reregister_timeout=20mins', /^--slave_reregister_timeout is a deprecated name: the flag is --agent_rereg/],
  [
    '--recovery_slave_removal_limit=5%',
    /^--recovery_slave_removal_limit is a deprecated name: the flag is --recovery_a/,
  ],
  ['--user_sorter=drf', /^--user_sorter is a deprecated name: the flag is --role_sorter$/],
];
for (const [argument, warning] of withoutEffect) {
  test(`${argument} is taken with a warning`, () => {
    const { warnings } = parse(...least, argument);
    assert.equal(warnings.length, 1);
    assert.match(warnings[0] ?? '', warning);
  });
}
