import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { type Flag, parseFlags } from '@meseta/flags';
import { agentFlags, agentRules } from './flags.ts';

/** `/flags` of a Mesos 1.12 agent, as recorded; it ran with the isolator volume/sandbox_path. */
const { flags: recorded } = JSON.parse(readFileSync(new URL('../fixtures/flags.json', import.meta.url), 'utf8'));
const { isolation: _, ...comparable } = recorded;

const parse = (...argv: string[]) => parseFlags(agentFlags, argv, {}, agentRules);
/** The defaults of flags that Mesos does not have. */
const oursAlone = {
  docker_container_name_case: 'preserve',
  docker_host_local: 'true',
  docker_remove_on_abort: 'false',
  docker_volumes: 'all',
  shared_ports: 'false',
};

const least = ['--work_dir=/x', '--master=127.0.0.1:5050'];

test('a recorded set of flags is taken and shown the same', () => {
  const argv = Object.entries(comparable).map(([name, value]) => `--${name}=${value}`);
  const { view, warnings } = parse(...argv);
  assert.deepEqual(view(), { ...comparable, ...oursAlone, isolation: 'posix/cpu,posix/mem' });
  assert.deepEqual(
    warnings.map(warning => warning.slice(0, warning.indexOf(':'))),
    ['--systemd_enable_support has no effect'],
  );
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
  ['--docker_remove_delay=0', 'docker_remove_delay', 0],
  ['--containerizers=docker,mesos', 'containerizers', ['docker', 'mesos']],
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
  ['--docker_remove_delay=1', /not a duration/],
  ['--docker_container_name_case=upper', /not known; allowed: preserve, lower/],
  ['--cgroups_root=../x', /not a control group; allowed: names/],
  ['--cgroups_root=/', /not a control group; allowed: names/],
  ['--gc_disk_headroom=2', /must be between 0.0 and 1.0/],
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
  ['--authenticatee=a,b', /several are not supported; allowed: one name/],
  ['--master_detector=', /must not be empty/],
  ['--master_detector=a', /Only one of `--master` or `--master_detector`/],
  ['--authorizer=local,other', /several are not supported; allowed: one name/],
  ['--http_authenticators=other,other', /'other' is given twice/],
  ['--authenticate_http_executors', /--jwt_secret_key must be specified/],
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
  ['--docker_profile=joyent', /not known; allowed: triton/],
  ['--docker_volumes=some', /not known; allowed: all, no-sandbox, none/],
  ['--docker_container_name_case=upper', /not known; allowed: preserve, lower/],
  ['--executor_environment_variables={"A":1}', /string values; 'A' is none/],
  ['--containerizers=', /must not be empty/],
  ['--containerizers=,', /must not be empty/],
  ['--sandbox_directory=sandbox', /not an absolute path/],
  ['--hostname=a b;c', /not a host name; allowed: a name such as/],
  ['--hostname=agent:5051', /not a host name; allowed: a name such as/],
  ['--firewall_rules={"disabled_endpoint":{"paths":["/x"]}}', /'disabled_endpoint' is not known; allowed: disabled_e/],
  ['--firewall_rules={"disabled_endpoints":null}', /must be a list of absolute paths/],
  ['--bounding_capabilities={"capabilites":[]}', /'capabilites' is not known; did you mean capabilities\?/],
  ['--effective_capabilities={"capabilities":["NET_ADMN"]}', /'capabilities: NET_ADMN' .* did you mean NET_ADMIN\?/],
  [
    '--default_container_info={"type":"MESOS","volumes":[{"mode":"RW","container_pth":"/a","container_path":"/b"}]}',
    /'volumes.container_pth' is not known; did you mean container_path\?/,
  ],
];
for (const [argument, message] of refused) {
  test(`refuses ${argument}`, () => assert.throws(() => parse(...least, argument), { code: 'FLAG_INVALID', message }));
}

const duration: readonly [text: string, message: RegExp][] = [
  ['1min', /not a duration; allowed: .* mins/],
  ['10', /not a duration/],
  ['-1secs', /not a duration/],
];
const yesOrNo: readonly [text: string, message: RegExp][] = [['yes', /not a boolean; allowed: true, false/]];
const info = { type: 'MESOS', volumes: [{ container_path: '/tmp', host_path: './.private/tmp', mode: 'RW' }] };
const library = { file: '/lib/libfoo.so', modules: [{ name: 'org_bar', parameters: [{ key: 'X', value: 'Y' }] }] };
const unbuilt = /^(--|MESOS_)\w+ asks for something that Meseta knows from Mesos but has not built yet/;

/** The flags of a slave in the documentation of November 2014, with values it takes, and others that it refuses. */
const of2014: [flag: string, takes: readonly string[], refuses?: readonly [text: string, message: RegExp][]][] = [
  ['attributes', ['rack:2', 'rack:2;u:1']],
  ['cgroups_enable_cfs', ['true', 'false'], yesOrNo],
  ['cgroups_hierarchy', ['/sys/fs/cgroup', '/cgroup']],
  ['cgroups_limit_swap', ['true', 'false'], yesOrNo],
  ['cgroups_root', ['mesos', 'a/b'], [['..', /not a control group; allowed: names/]]],
  ['cgroups_subsystems', ['cpu,memory']],
  ['checkpoint', ['true'], [...yesOrNo, ['false', /the agent always remembers what it needs for recovery/]]],
  ['containerizer_path', ['/usr/bin/deimos'], [['', /must not be empty/]]],
  [
    'containerizers',
    ['mesos', 'docker,mesos', 'external,mesos'],
    [['mesos,other', /'other' is not known; allowed: any of mesos, docker, external/]],
  ],
  ['credential', ['/etc/mesos/credential'], [['', /not a path/]]],
  ['default_container_image', ['busybox']],
  ['default_container_info', [JSON.stringify(info)], [['{"type":"OTHER"}', /OTHER/]]],
  ['default_role', ['*', 'web'], [['', /must not be empty/]]],
  ['disk_watch_interval', ['10secs', '2mins'], duration],
  ['docker', ['docker', '/usr/bin/docker']],
  ['docker_remove_delay', ['6hrs', '3days', '2weeks', '0ns'], duration],
  ['docker_sandbox_directory', ['/mnt/mesos/sandbox']],
  ['executor_registration_timeout', ['1mins', '3mins'], duration],
  ['executor_shutdown_grace_period', ['5secs', '3mins'], duration],
  ['frameworks_home', ['', '/frameworks']],
  ['gc_delay', ['3days', '2weeks'], duration],
  ['hadoop_home', ['/opt/hadoop']],
  ['help', ['true', 'false'], yesOrNo],
  ['hostname', ['slave.example.org'], [['', /must not be empty/]]],
  ['initialize_driver_logging', ['true', 'false'], yesOrNo],
  ['ip', ['10.0.0.1'], [['slave.example.org', /not an IP address; .*names are not looked up/]]],
  [
    'isolation',
    ['posix/cpu,posix/mem', 'cgroups/cpu,cgroups/mem', 'process', 'cgroups', 'external', 'namespaces/pid'],
    [['network/port_mapping', unbuilt]],
  ],
  ['launcher_dir', ['/usr/local/lib/mesos'], [['', /not a path/]]],
  ['log_dir', ['/var/log/mesos'], [['', /not a path/]]],
  ['logbufsecs', ['0', '30'], [['-1', /not a whole number/]]],
  ['logging_level', ['INFO', 'WARNING', 'ERROR'], [['DEBUG', /not known; allowed: INFO, WARNING, ERROR/]]],
  ['master', ['localhost:5050', '10.0.0.5', 'zk://h1:2181,h2:2181/mesos'], [['zk://h1:2181', /\(chroot\) path/]]],
  ['modules', [JSON.stringify({ libraries: [library] })], [['[]', /not a JSON object; allowed: \{…\}, or file:/]]],
  ['perf_duration', ['10secs'], duration],
  ['perf_events', ['cpu-cycles,instructions']],
  ['perf_interval', ['1mins'], duration],
  ['port', ['0', '5051', '65535'], [['65536', /not a port; allowed: a whole number from 0 to 65535/]]],
  ['quiet', ['true', 'false'], yesOrNo],
  ['recover', ['reconnect', 'cleanup'], [['no', /not known; allowed: reconnect, cleanup/]]],
  ['recovery_timeout', ['15mins'], duration],
  ['registration_backoff_factor', ['1secs'], duration],
  ['resource_monitoring_interval', ['1secs'], duration],
  ['resources', ['cpus(web):2;mem:64;ports:[1-2,5-9]']],
  ['slave_subsystems', ['memory,cpuacct']],
  ['strict', ['true', 'false'], yesOrNo],
  ['switch_user', ['true', 'false'], yesOrNo],
  ['version', ['true', 'false'], yesOrNo],
  ['work_dir', ['/tmp/mesos'], [['', /not a path/]]],
];

const otherThan = (flag: string) =>
  [...least, '--containerizer_path=/usr/bin/deimos'].filter(argument => !argument.startsWith(`--${flag}=`));

for (const [flag, takes, refuses = []] of of2014) {
  test(`--${flag} of 2014 is taken from the command line and from the environment, with its values only`, () => {
    const others = otherThan(flag);
    const inEnvironment = (env: Record<string, string>) => parseFlags(agentFlags, others, env, agentRules);
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
      if (isSwitch && takes.includes(text)) assert.equal(parse(...others, argument).view()[flag], text);
      else assert.throws(() => parse(...others, argument), { code: 'FLAG_INVALID' }, argument);
    }
  });
}

const withoutEffect: [argument: string, warning: RegExp][] = [
  ['--docker=/opt/docker', /--docker has no effect: .* --docker_socket say where the engine is/],
  ['--no-systemd_enable_support', /has no effect: .* KillMode=process/],
  ['--systemd_runtime_directory=/x', /has no effect/],
  ['--cgroups_subsystems=cpu,memory', /^--cgroups_subsystems has no effect: Without effect in Mesos 0.21 already/],
  [
    '--docker_sandbox_directory=/x',
    /^--docker_sandbox_directory is a deprecated name: the flag is --sandbox_directory$/,
  ],
  ['--no-initialize_driver_logging', /^--no-initialize_driver_logging has no effect: .* there are none in Meseta/],
  ['--logbufsecs=30', /^--logbufsecs has no effect: .*Lines are always written at once/],
  ['--resource_monitoring_interval=1secs', /^--resource_monitoring_interval has no effect: .* measured on request/],
  ['--slave_subsystems=memory', /^--slave_subsystems is a deprecated name: the flag is --agent_subsystems$/],
];
for (const [argument, warning] of withoutEffect) {
  test(`${argument} is taken with a warning`, () => {
    const { warnings } = parse(...least, argument);
    assert.equal(warnings.length, 1);
    assert.match(warnings[0] ?? '', warning);
  });
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
    () => parse('--work_dir=/x', '--master=zk://u:p@h/'),
    /--master='zk:\/\/<redacted>@h\/': Expecting a \(chroot\) path/,
  );
});

const triton = {
  docker_container_name_case: 'lower',
  docker_host_local: 'false',
  docker_remove_delay: '0ns',
  docker_remove_on_abort: 'true',
  docker_volumes: 'none',
  shared_ports: 'true',
};

test('--docker_profile=triton sets flags that can each be given themselves', () => {
  const { view, warnings } = parse(...least, '--docker_profile=triton');
  const shown = view();
  for (const [name, text] of Object.entries(triton)) assert.equal(shown[name], text, name);
  assert.deepEqual(warnings, []);
  const others = parse(...least, '--docker_profile=triton', '--docker_volumes=no-sandbox', '--no-shared_ports');
  assert.equal(others.view().docker_volumes, 'no-sandbox');
  assert.equal(others.view().docker_host_local, 'false');
  assert.deepEqual(others.warnings, [
    "--docker_volumes='no-sandbox' is used: --docker_profile=triton would set --docker_volumes to 'none'",
    "--no-shared_ports='false' is used: --docker_profile=triton would set --shared_ports to 'true'",
  ]);
  const themselves = Object.entries(triton).map(([name, text]) => `--${name}=${text}`);
  const { docker_profile: _, ...same } = shown;
  assert.deepEqual(parse(...least, ...themselves).view(), same);
});

test('--docker_remove_delay=0 needs no unit', () => {
  assert.equal(parse(...least, '--docker_remove_delay=0').flags.docker_remove_delay, 0);
  assert.throws(() => parse(...least, '--docker_remove_delay=5'), /not a duration/);
});

test('what a message in a flag would ignore is warned of with its flag', () => {
  const { warnings } = parse(...least, '--allowed_devices={"comment":"ours"}', '--hostname=agent_1.example.org.');
  assert.deepEqual(warnings, ["--allowed_devices: 'comment' is not known and ignored; known: allowed_devices"]);
});
