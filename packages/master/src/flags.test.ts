import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { type Flag, parseFlags } from '@meseta/flags';
import { masterFlags, masterRules } from './flags.ts';

/** `/flags` of a Mesos 1.12 master, as recorded. */
const { flags: recorded } = JSON.parse(readFileSync(new URL('../fixtures/flags.json', import.meta.url), 'utf8'));

const parse = (...argv: string[]) => parseFlags(masterFlags, argv, {}, masterRules);

test('a recorded set of flags is taken and shown the same', () => {
  const argv = Object.entries(recorded).map(([name, value]) => `--${name}=${value}`);
  const { view, warnings } = parse(...argv);
  assert.deepEqual(view(), { ...recorded, agent_proxy: 'true' });
  assert.deepEqual(warnings, []);
});

test('defaults are those recorded, and written as they are printed', () => {
  const set = new Set(['work_dir', 'hostname', 'ip', 'port', 'agent_ping_timeout', 'allocation_interval']);
  const shown = parse('--work_dir=/x').view();
  for (const [name, value] of Object.entries(recorded)) if (!set.has(name)) assert.equal(shown[name], value, name);
  for (const [name, { default: text, type }] of Object.entries<Flag>(masterFlags)) {
    if (typeof text === 'string') assert.equal(type.format(type.parse(text, assert.fail)), text, name);
  }
});

const taken: [argument: string, name: string, value: unknown][] = [
  ['--slave_ping_timeout=2secs', 'agent_ping_timeout', 2000],
  ['--max_slave_ping_timeouts=3', 'max_agent_ping_timeouts', 3],
  ['--slave_reregister_timeout=20mins', 'agent_reregister_timeout', 1_200_000],
  ['--recovery_slave_removal_limit=50%', 'recovery_agent_removal_limit', 0.5],
  ['--slave_removal_rate_limit=1/20mins', 'agent_removal_rate_limit', { permits: 1, intervalMs: 1_200_000 }],
  ['--user_sorter=random', 'role_sorter', 'random'],
  ['--weights=a=2,b=0.5', 'weights', { a: 2, b: 0.5 }],
  ['--roles=a,b', 'roles', ['a', 'b']],
  ['--registry=log_storage', 'registry', 'log_storage'],
  ['--allocator=HierarchicalDRF', 'allocator', 'HierarchicalDRF'],
  ['--no-authenticate', 'authenticate_frameworks', false],
  ['--no-authenticate_http', 'authenticate_http_readwrite', false],
  ['--quorum=1', 'quorum', 1],
  ['--zk_session_timeout=20secs', 'zk_session_timeout', 20_000],
  ['--min_allocatable_resources=', 'min_allocatable_resources', ''],
  ['--whitelist=file:///etc/hosts', 'whitelist', '/etc/hosts'],
];
for (const [argument, name, value] of taken) {
  test(`takes ${argument}`, () => {
    assert.deepEqual(parse('--work_dir=/x', argument).flags[name as keyof typeof masterFlags], value);
  });
}

const refused: [argument: string, message: RegExp][] = [
  ['--agent_ping_timeout=20mins', /must not be more than 15mins/],
  ['--agent_ping_timeout=500ms', /must be at least 1secs/],
  ['--max_agent_ping_timeouts=0', /must be at least 1/],
  ['--slave_reregister_timeout=5mins', /must be at least 10mins/],
  ['--offer_timeout=0secs', /must be greater than zero/],
  ['--registry=zookeeper', /not known; allowed: /],
  ['--registry_strict', /disabled/],
  ['--weights=a=0', /is no weight; allowed: /],
  ['--domain={}', /`domain` must define `fault_domain`/],
  ['--firewall_rules={"disabled_endpoints":{"paths":["x"]}}', /absolute paths/],
  ['--framework_sorter=fifo', /not known; allowed: /],
  ['--zk=zk://user:secret@h:2181/', /--zk='zk:\/\/<redacted>@h:2181\/': Expecting a \(chroot\) path/],
  ['--authenticate', /^--authenticate_frameworks and --authenticate_agents need --credentials/],
  ['--authenticate_slaves', /need --credentials/],
  ['--authenticators=crammd5,other', /several are not supported; allowed: one name/],
  ['--authentication_v0_timeout=0secs', /must be greater than zero/],
  ['--acls={"permissive":0}', /'permissive' is 0; allowed: true or false/],
  ['--master_contender=a', /Both --master_contender and --master_detector should be specified or omitted/],
  ['--master_detector=a', /Both --master_contender and --master_detector/],
  ['--authenticators=', /must not be empty/],
  ['--allocator=a,b', /several are not supported; allowed: one name/],
  ['--allocator_agent_recovery_factor=1.5', /must not be more than 1/],
  ['--http_authenticators=basic,,other', /expecting names with commas between them/],
  ['--http_framework_authenticators=basic,basic', /'basic' is given twice/],
  ['--authenticate_http_frameworks', /Missing `--http_framework_authenticators` flag/],
  ['--authorizers=local,other', /several are not supported; allowed: one name/],
  ['--hostname=', /must not be empty/],
  ['--min_allocatable_resources=abc', /^--min_allocatable_resources='abc': .*; allowed: name:number/],
  ['--modules={', /^--modules='\{': not JSON/],
  ['--rate_limits={"limits":1}', /'limits' is 1; allowed: a list/],
];
for (const [argument, message] of refused) {
  test(`refuses ${argument}`, () =>
    assert.throws(() => parse('--work_dir=/x', argument), { code: 'FLAG_INVALID', message }));
}

test('rules over several flags', () => {
  assert.throws(() => parse('--work_dir=/x', '--roles=a', '--weights=*=2,b=2'));
  assert.throws(() => parse(), /--work_dir needed/);
  assert.equal(parse('--registry=in_memory').flags.work_dir, undefined);
  assert.throws(() => parse('--work_dir=/x', '--ip=::1', '--ip_discovery_command=x'), /Only one of `--ip`/);
  const modules = ['--master_contender=a', '--master_detector=b'];
  assert.throws(() => parse('--work_dir=/x', '--quorum=1', '--zk=zk://h:1/m', ...modules), /Only one of --zk or the/);
  assert.equal(parse('--work_dir=/x', ...modules).flags.master_detector, 'b');
});
