/** Plans against what `docker inspect` says of containers that Apache Mesos made, and of what Docker cannot do. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { CommandInfo, ContainerConfig, ContainerInfo, Resource, Volume } from '@meseta/protocol';
import { LaunchError } from '../../errors.ts';
import type { ContainerBody } from './container-body.ts';
import { type PlanFlags, planContainer, taggedImage } from './container-plan.ts';

interface Recording {
  readonly launched: {
    readonly command: CommandInfo;
    readonly container: ContainerInfo;
    readonly resources: Resource[];
  };
  readonly inspected: {
    readonly Path: string;
    readonly Args: readonly string[];
    readonly Name: string;
    readonly HostConfig: Readonly<Record<string, unknown>>;
    readonly Config: Readonly<Record<string, unknown>>;
  };
}

const file = new URL('../../../fixtures/docker-inspect.json', import.meta.url);
const recordings: Readonly<Record<string, Recording>> = JSON.parse(readFileSync(file, 'utf8'));

const flags: PlanFlags = { work_dir: '/work', sandbox_directory: '/mnt/mesos/sandbox' };
const environment = { PATH: '/bin', MESOS_FRAMEWORK_ID: 'f', MESOS_SANDBOX: '/s', MESOS_ALLOCATION_ROLE: '*' };

const ids = { name: '', task_id: { value: 't' }, agent_id: { value: 'a' } };

function plan(config: Partial<ContainerConfig>, more: Partial<PlanFlags> = {}): ContainerBody {
  const full = { directory: '/s', command_info: { value: 'true' }, ...config };
  return planContainer(
    { name: 'mesos-c', labels: { own: 'x' }, config: full, environment, variables: [] },
    { ...flags, ...more },
  );
}

for (const [name, { launched, inspected }] of Object.entries(recordings)) {
  test(`a plan is what Apache Mesos made of the same task: ${name}`, () => {
    const { command, container, resources } = launched;
    const { HostConfig: host, Config: config } = inspected;
    const containerName = inspected.Name.slice(1);
    const directory = String((host.Binds as string[])[0]).split(':')[0] ?? '';
    const body = planContainer(
      {
        ...{ name: containerName, labels: {}, environment, variables: [] },
        config: { directory, command_info: command, container_info: container, task_info: { ...ids, resources } },
      },
      flags,
    );
    const fields = ['Binds', 'NetworkMode', 'PortBindings', 'CpuShares', 'Memory', 'Privileged'] as const;
    for (const field of fields) assert.deepEqual(body.HostConfig[field], host[field], field);
    const { Image, Env, Entrypoint = null, Cmd, Labels, ExposedPorts, AttachStdout, AttachStderr } = body;
    assert.deepEqual(
      { Image, Env, Entrypoint, Cmd, Labels, ExposedPorts, AttachStdout, AttachStderr },
      {
        ...{ Image: config.Image, Env: config.Env, Entrypoint: config.Entrypoint, Cmd: config.Cmd },
        ...{ Labels: config.Labels, ExposedPorts: config.ExposedPorts, AttachStdout: true, AttachStderr: true },
      },
    );
  });
}

const docker = (docker: Partial<ContainerInfo['docker']> = {}, more: Partial<ContainerInfo> = {}) => ({
  container_info: { type: 'DOCKER' as const, docker: { image: 'i', ...docker }, ...more },
});
const parameters = (...all: readonly (readonly [string, string])[]) =>
  docker({ parameters: all.map(([key, value]) => ({ key, value })) });
const volume = (volume: Partial<Volume>) => docker({}, { volumes: [{ container_path: '/in', mode: 'RW', ...volume }] });

const planned: readonly (readonly [
  name: string,
  config: Partial<ContainerConfig>,
  check: (body: ContainerBody) => unknown,
  expected: unknown,
])[] = [
  ["an executor's variables", docker(), body => body.Env.includes('MESOS_FRAMEWORK_ID=f'), true],
  ["its sandbox is the container's", docker(), body => body.Env.includes('MESOS_DIRECTORY=/mnt/mesos/sandbox'), true],
  ["the image's path", docker(), body => body.Env.some(each => each.startsWith('PATH=')), false],
  [
    "the image's command",
    { ...docker(), command_info: { shell: false } },
    ({ Cmd, Entrypoint }) => [Cmd, Entrypoint],
    [undefined, undefined],
  ],
  ['its arguments', { ...docker(), command_info: { shell: false, arguments: ['a'] } }, ({ Cmd }) => Cmd, ['a']],
  ['a host name', docker({ network: 'BRIDGE' }, { hostname: 'h' }), ({ Hostname }) => Hostname, 'h'],
  [
    'a network of its user',
    docker({ network: 'USER' }, { network_infos: [{ name: 'n' }] }),
    ({ HostConfig }) => HostConfig.NetworkMode,
    'n',
  ],
  [
    'a relative volume',
    volume({ host_path: 'data', container_path: 'data' }),
    ({ HostConfig }) => HostConfig.Binds[1],
    '/s/data:/mnt/mesos/sandbox/data',
  ],
  [
    'one that is only read',
    volume({ host_path: '/h', mode: 'RO' }),
    ({ HostConfig }) => HostConfig.Binds[1],
    '/h:/in:ro',
  ],
  [
    'one that mounts reach',
    volume({ source: { type: 'HOST_PATH', host_path: { path: '/h', mount_propagation: { mode: 'BIDIRECTIONAL' } } } }),
    ({ HostConfig }) => HostConfig.Binds[1],
    '/h:/in:rshared',
  ],
  [
    'a volume of Docker',
    volume({ source: { type: 'DOCKER_VOLUME', docker_volume: { name: 'v', driver: 'd' } } }),
    ({ HostConfig }) => HostConfig.Mounts,
    [{ Type: 'volume', Source: 'v', Target: '/in', ReadOnly: false, VolumeOptions: { DriverConfig: { Name: 'd' } } }],
  ],
  [
    'a persistent volume',
    {
      ...docker(),
      resources: [
        {
          ...{ name: 'disk', type: 'SCALAR', scalar: { value: 1 }, reservations: [{ role: 'r', type: 'DYNAMIC' }] },
          disk: { persistence: { id: 'p' }, volume: { container_path: 'data', mode: 'RW' } },
        },
      ],
    },
    ({ HostConfig }) => HostConfig.Binds[1],
    '/work/volumes/roles/r/p:/mnt/mesos/sandbox/data',
  ],
  [
    'capabilities',
    docker({}, { linux_info: { effective_capabilities: { capabilities: ['NET_RAW'] } } }),
    ({ HostConfig }) => [HostConfig.CapDrop, HostConfig.CapAdd],
    [['ALL'], ['CAP_NET_RAW']],
  ],
  [
    'a resource limit',
    docker({}, { rlimit_info: { rlimits: [{ type: 'RLMT_NOFILE', soft: 1, hard: 2 }] } }),
    ({ HostConfig }) => HostConfig.Ulimits,
    [{ Name: 'nofile', Soft: 1, Hard: 2 }],
  ],
  [
    'parameters with and without dashes',
    parameters(['--user', 'u'], ['v', '/a:/b'], ['env', 'A=b']),
    ({ User, HostConfig, Env }) => [User, HostConfig.Binds[1], Env.at(-1)],
    ['u', '/a:/b', 'A=b'],
  ],
  [
    'sizes and limits',
    parameters(['memory-swap', '1g'], ['ulimit', 'core=0'], ['cpus', '1.5']),
    ({ HostConfig: h }) => [h.MemorySwap, h.Ulimits, h.NanoCpus],
    [2 ** 30, [{ Name: 'core', Soft: 0, Hard: 0 }], 1.5e9],
  ],
  ['labels of its own stay', parameters(['label', 'own=theirs']), ({ Labels }) => Labels, { own: 'x' }],
  [
    'an alias in its network',
    parameters(['network', 'n'], ['net-alias', 'a']),
    ({ NetworkingConfig }) => NetworkingConfig?.EndpointsConfig.n,
    { Aliases: ['a'] },
  ],
];
for (const [name, config, check, expected] of planned) {
  test(`a plan has ${name}`, () => assert.deepEqual(check(plan(config)), expected));
}

test('a plan of very many parameters and ports takes a time that grows with their number only', () => {
  const many = Array.from({ length: 100_000 }, (_, index) => index);
  const named = parameters(...many.map(index => ['net-alias', `a${index}`] as const));
  assert.equal(plan(named).NetworkingConfig?.EndpointsConfig.host?.Aliases?.length, many.length);
  const mapped = many.map(() => ({ host_port: 1, container_port: 80 }));
  const resources = [{ name: 'ports', type: 'RANGES' as const, ranges: { range: [{ begin: 1, end: 1 }] } }];
  const { HostConfig } = plan({ ...docker({ network: 'BRIDGE', port_mappings: mapped }), resources });
  assert.equal(HostConfig.PortBindings['80/tcp']?.length, many.length);
});

test('names of a prototype are names like others', () => {
  const body = plan(parameters(['network', '__proto__'], ['net-alias', 'a'], ['sysctl', '__proto__=1']));
  assert.equal(({} as { Aliases?: unknown }).Aliases, undefined);
  assert.deepEqual(Object.keys(body.NetworkingConfig?.EndpointsConfig ?? {}), ['__proto__']);
  assert.deepEqual(Object.keys(body.HostConfig.Sysctls ?? {}), ['__proto__']);
});

const ports = [{ host_port: 1, container_port: 80 }];
const refused: readonly (readonly [config: Partial<ContainerConfig>, message: RegExp])[] = [
  [{ container_info: { type: 'DOCKER' } }, /no 'docker'/],
  [docker({ image: '' }), /no 'docker.image'/],
  [{ ...docker(), command_info: {} }, /no 'value'/],
  [{ ...docker(), command_info: { value: 'a\0b' } }, /NUL/],
  [docker({ network: 'USER' }), /names one network/],
  [docker({}, { hostname: 'h' }), /network HOST/],
  [docker({ port_mappings: ports }), /cannot be mapped in network HOST/],
  [docker({ network: 'BRIDGE', port_mappings: ports }), /not among the ports of the task: it has none/],
  [docker({ network: 'BRIDGE', port_mappings: [{ ...ports[0], host_port: 1, container_port: 0 }] }), /no port/],
  [volume({ host_path: '../x' }), /without '\.\.'/],
  [volume({ host_path: '/a:b' }), /colon/],
  [volume({ host_path: '/a', container_path: '../b' }), /'\.\.'/],
  [volume({ source: { type: 'SECRET' } }), /HOST_PATH, SANDBOX_PATH, DOCKER_VOLUME/],
  [volume({ image: { type: 'DOCKER', docker: { name: 'i' } } }), /image/],
  [{ ...docker(), resources: [{ name: 'gpus', type: 'SCALAR', scalar: { value: 1 } }] }, /GPUs/],
  [parameters(['publish', '80:80']), /'port_mappings'/],
  [parameters(['nope', '1']), /not known; allowed: add-host, /],
  [parameters(['memory', 'much']), /'memory' has the value 'much'; allowed: /],
  [parameters(['constructor', '1']), /not known/],
  [parameters(['shm-size', '99999999999999g']), /'shm-size' has the value '99999999999999g'; allowed: at most /],
  [parameters(['cpus', '99999999999']), /'cpus' has the value '99999999999'; allowed: /],
  [parameters(['expose', '65536']), /'expose' has the value '65536'; allowed: /],
];
for (const [config, message] of refused) {
  test(`a plan is refused: ${message.source}`, () => {
    assert.throws(
      () => plan(config),
      (error: unknown) => error instanceof LaunchError && error.code === 'INVALID' && message.test(error.message),
    );
  });
}

test('a container that is to see no sandbox has none, and no variables of it', () => {
  const executor = plan(docker(), { docker_volumes: 'no-sandbox' });
  assert.deepEqual(executor.HostConfig.Binds, []);
  assert.deepEqual(
    executor.Env.filter(each => /^MESOS_(SANDBOX|DIRECTORY)=/.test(each)),
    [],
  );
  const other = plan(volume({ host_path: '/h' }), { docker_volumes: 'no-sandbox' });
  assert.deepEqual(other.HostConfig.Binds, ['/h:/in']);
});

const hostVolumes: readonly (readonly [config: Partial<ContainerConfig>, named: string | undefined])[] = [
  [volume({ host_path: '/h' }), "The volume '/h' at '/in'"],
  [volume({ host_path: 'h' }), "The volume 'h' at '/in'"],
  [volume({ source: { type: 'HOST_PATH', host_path: { path: '/h' } } }), "The volume '/h' at '/in'"],
  [volume({ source: { type: 'SANDBOX_PATH', sandbox_path: { type: 'SELF', path: 'h' } } }), "The volume 'h' at '/in'"],
  [parameters(['--volume', '/h:/in']), "The parameter '--volume'"],
  [parameters(['v', './h:/in']), "The parameter 'v'"],
  [parameters(['mount', 'type=bind,src=/h,dst=/in']), "The parameter 'mount'"],
  [parameters(['mount', 'type=volume,source=/h,target=/in']), "The parameter 'mount'"],
  [parameters(['mount', 'type=volume,source=h,target=/in'], ['v', 'h:/b'], ['v', '/c'], ['tmpfs', '/d']), undefined],
  [volume({ source: { type: 'DOCKER_VOLUME', docker_volume: { name: 'h' } } }), undefined],
];
for (const [config, named] of hostVolumes) {
  test(`where no path of the host is allowed: ${named ?? 'volumes of the engine are'}`, () => {
    const planned = () => plan(config, { docker_volumes: 'none' });
    if (named === undefined)
      return assert.deepEqual(
        planned().HostConfig.Binds.filter(each => /^[/.]/.test(each)),
        [],
      );
    assert.throws(
      planned,
      (error: unknown) => error instanceof LaunchError && error.code === 'REFUSED' && error.message.startsWith(named),
    );
  });
}

test('name servers of a network come from the flag', () => {
  const dns = (nameserver: string) => ({ nameservers: [nameserver] });
  const default_container_dns = {
    docker: [
      { network_mode: 'BRIDGE' as const, dns: dns('1.1.1.1') },
      { network_mode: 'USER' as const, dns: dns('2.2.2.2') },
      { network_mode: 'USER' as const, network_name: 'n', dns: dns('3.3.3.3') },
    ],
  };
  const of = (config: Partial<ContainerConfig>) => plan(config, { default_container_dns }).HostConfig.Dns;
  assert.deepEqual(of(docker({ network: 'BRIDGE' })), ['1.1.1.1']);
  assert.deepEqual(of(docker({ network: 'USER' }, { network_infos: [{ name: 'n' }] })), ['3.3.3.3']);
  assert.deepEqual(of(docker({ network: 'USER' }, { network_infos: [{ name: 'm' }] })), ['2.2.2.2']);
  assert.equal(of(docker()), undefined);
});

test('an image without a tag has the latest', () => {
  const cases = [
    ['a', 'a:latest'],
    ['h:5000/a', 'h:5000/a:latest'],
    ['h:5000/a:1', 'h:5000/a:1'],
    ['a@sha256:0', 'a@sha256:0'],
  ] as const;
  for (const [image, expected] of cases) assert.equal(taggedImage(image), expected);
});
