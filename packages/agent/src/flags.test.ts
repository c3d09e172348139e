import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { type Flag, parseFlags } from '@meseta/flags';
import { agentFlags, agentRules } from './flags.ts';

/** `/flags` of a Mesos 1.12 agent, as recorded; it ran with the isolator volume/sandbox_path. */
const { flags: recorded } = JSON.parse(readFileSync(new URL('../fixtures/flags.json', import.meta.url), 'utf8'));
const { isolation: _, ...comparable } = recorded;

const parse = (...argv: string[]) => parseFlags(agentFlags, argv, {}, agentRules);
const least = ['--work_dir=/x', '--master=127.0.0.1:5050'];

test('a recorded set of flags is taken and shown the same', () => {
  const argv = Object.entries(comparable).map(([name, value]) => `--${name}=${value}`);
  const { view, warnings } = parse(...argv);
  assert.deepEqual(view(), { ...comparable, isolation: 'posix/cpu,posix/mem' });
  assert.deepEqual(warnings, []);
});

test('defaults are those recorded, and written as they are printed', () => {
  const set =
    'attributes fetcher_cache_dir hostname ip master port resources runtime_dir switch_user systemd_enable_support work_dir'.split(
      ' ',
    );
  const shown = parse(...least).view();
  for (const [name, value] of Object.entries(comparable))
    if (!set.includes(name)) assert.equal(shown[name], value, name);
  for (const [name, { default: text, type }] of Object.entries<Flag>(agentFlags)) {
    if (typeof text === 'string') assert.equal(type.format(type.parse(text, assert.fail)), text, name);
  }
});

const taken: [argument: string, name: string, value: unknown][] = [
  ['--isolation=process', 'isolation', ['process']],
  ['--isolation=filesystem/posix,posix/mem', 'isolation', ['filesystem/posix', 'posix/mem']],
  ['--no-systemd_enable_support', 'systemd_enable_support', false],
  ['--systemd_enable_support', 'systemd_enable_support', true],
  ['--launcher=posix', 'launcher', 'posix'],
  ['--launcher=linux', 'launcher', 'linux'],
  ['--containerizers=mesos', 'containerizers', ['mesos']],
  ['--cgroups_enable_cfs', 'cgroups_enable_cfs', true],
  ['--isolation=cgroups/all', 'isolation', ['cgroups/all']],
  ['--cgroups_root=/containers/mesos', 'cgroups_root', '/containers/mesos'],
  ['--gc_delay=7days', 'gc_delay', 604_800_000],
  ['--docker_sandbox_directory=/sandbox', 'sandbox_directory', '/sandbox'],
  ['--executor_environment_variables={"PATH":"/bin"}', 'executor_environment_variables', { PATH: '/bin' }],
  ['--checkpoint', 'checkpoint', true],
  ['--slave_subsystems=cpu,memory', 'agent_subsystems', ['cpu', 'memory']],
  ['--cgroups_subsystems=cpu', 'cgroups_subsystems', 'cpu'],
  ['--resource_monitoring_interval=5secs', 'resource_monitoring_interval', 5000],
  ['--isolation=cgroups', 'isolation', ['cgroups']],
  ['--ip6=2001:db8::1', 'ip6', '2001:db8::1'],
  ['--resource_estimator=org_example', 'resource_estimator', 'org_example'],
  ['--docker=/usr/bin/docker', 'docker', '/usr/bin/docker'],
  ['--recover=cleanup', 'recover', 'cleanup'],
  ['--no-strict', 'strict', false],
  ['--image_providers=DOCKER', 'image_providers', ['DOCKER']],
  ['--image_provisioner_backend=copy', 'image_provisioner_backend', 'copy'],
  ['--docker_registry=/images', 'docker_registry', '/images'],
  ['--docker_registry=hdfs://h/images', 'docker_registry', 'hdfs://h/images'],
  ['--docker_registry=https://registry.example', 'docker_registry', 'https://registry.example'],
];
for (const [argument, name, value] of taken) {
  test(`takes ${argument}`, () => {
    assert.deepEqual(parse(...least, argument).flags[name as keyof typeof agentFlags], value);
  });
}

const refused: [argument: string, message: RegExp][] = [
  ['--launcher=windows', /not known; allowed: /],
  ['--isolation=posix/cpu,disk/xfs,volume/csi', /not built yet: 'disk\/xfs,volume\/csi'/],
  ['--containerizers=docker,mesos', /not built yet: 'docker'/],
  ['--cgroups_root=../x', /not a control group; allowed: names/],
  ['--cgroups_root=/', /not a control group; allowed: names/],
  ['--gc_disk_headroom=2', /must be between 0.0 and 1.0/],
  ['--credential=/etc/credential', /not built yet/],
  ['--image_providers=DOCKER,APPC', /not built yet: 'APPC'/],
  ['--image_provisioner_backend=aufs', /not built yet: 'aufs'/],
  ['--docker_registry=registry.example', /not a registry; allowed: https:/],
  ['--docker_registry=hdfs:', /not a registry|allowed/],
  ['--docker_config={"credsStore":"x"}', /programs that keep passwords/],
  ['--docker_config={"auths":{"h":{"auth":"aHVzaA=="}}}', /the 'auth' of 'h' is not the base64 form/],
  ['--image_gc_config={"image_disk_headroom":2,"image_disk_watch_interval":{"nanoseconds":1}}', /from 0.0 to 1.0/],
  ['--image_gc_config={"image_disk_headroom":0.1}', /image_disk_watch_interval/],
  ['--image_providers=OTHER', /'OTHER' is not known; allowed: any of APPC, DOCKER/],
  ['--image_provisioner_backend=other', /not known; allowed: aufs, bind, copy, overlay/],
  ['--authenticatee=other', /not known; allowed: crammd5/],
  ['--authorizer=other', /not known; allowed: local/],
  ['--http_authenticators=other', /not known; allowed: basic/],
  ['--default_role=', /must not be empty/],
  ['--qos_controller=', /must not be empty/],
  ['--ip6=10.0.0.1', /expecting an IPv6 address/],
  ['--resource_provider_config_dir=/etc/providers', /no resource providers .* disk of type PATH or MOUNT; leave/],
  ['--csi_plugin_config_dir=/etc/csi', /no CSI plugins/],
  ['--disk_profile_adaptor=org_example', /no resource providers/],
  ['--agent_features={}', /expecting/],
  ['--agent_features={"capabilities":[{"type":"MULTI_ROLE"}]}', /every agent must have HIERARCHICAL_ROLE, RESERVATION/],
  [
    '--agent_features={"capabilities":[{"type":"FLYING"}]}',
    /the capability "FLYING" is not known; allowed: MULTI_ROLE/,
  ],
  ['--no-checkpoint', /always remembers/],
  ['--recover=maybe', /not known; allowed: /],
  ['--reconfiguration_policy=any', /not known; allowed: /],
  ['--executor_reregistration_timeout=16secs', /must not be more than 15secs/],
  [
    '--executor_hooks={"WEBHOOK_TOKEN":"hush","HOOK_TIMEOUT":"x","A":1}',
    /^--executor_hooks: The settings of hooks are invalid:\n {2}A: .*\n {2}HOOK_TIMEOUT='x': /,
  ],
  ['--executor_environment_variables={"A":1}', /string values; 'A' is none/],
];
for (const [argument, message] of refused) {
  test(`refuses ${argument}`, () => assert.throws(() => parse(...least, argument), { code: 'FLAG_INVALID', message }));
}

test('settings of hooks are shown without secrets', () => {
  const text = JSON.stringify({ WEBHOOK_URL: 'http://me:hush@h/', CONSUL_TOKEN: 'hush', HOOK_TIMEOUT: '2s' });
  const { executor_hooks: shown } = parse(...least, `--executor_hooks=${text}`).view();
  const expected = { CONSUL_TOKEN: '<redacted>', HOOK_TIMEOUT: 2000, WEBHOOK_URL: 'http://h/' };
  assert.deepEqual(JSON.parse(shown ?? ''), expected);
  assert.throws(() => parse(...least, '--executor_hooks={"CONSUL_TOKEN":"hush"'), {
    message: /^--executor_hooks: not JSON/,
  });
});

test('a master and a work directory are needed', () => {
  assert.throws(() => parse('--master=h:1'), { message: '--work_dir is required: --work_dir=PATH' });
  const twoWays = () => parse(...least, '--ip6=::1', '--ip6_discovery_command=echo ::1');
  assert.throws(twoWays, /Only one of `--ip6` or `--ip6_discovery_command`/);
  assert.throws(() => parse('--work_dir=/x'), /Missing required option `--master`/);
  assert.throws(
    () => parse('--work_dir=/x', '--master=zk://u:p@h/mesos'),
    /not built yet: 'zk:\/\/<redacted>@h\/mesos'/,
  );
});
