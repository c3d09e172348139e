/** Flags of Docker: its engine, its containers, and the profile that sets several of them. */
import { accountsProblem, dockerHostProblem, dockerSocketProblem } from '@meseta/containers';
import { asksNothing, builtOnly, type FlagType, flagTypes, group, oneOf } from '@meseta/flags';

const { bool, duration, json, string } = flagTypes;

/** A flag about the Docker containerizer: no value asks for anything while it cannot be chosen. */
const later = { status: 'later', lacks: asksNothing } as const;

/** A duration for which 0 needs no unit. */
const durationOrZero: FlagType<number> = {
  ...duration,
  parse: (text, warn) => (text === '0' ? 0 : duration.parse(text, warn)),
};

/**
 * What each value of `--docker_profile` sets. `triton`: one engine stands for a whole data centre, lets no container see
 * its hosts, gives each container an address, and bills for every container that exists.
 */
const profiles = {
  triton: {
    docker_volumes: 'none',
    shared_ports: 'true',
    docker_container_name_case: 'lower',
    docker_remove_delay: '0',
    docker_remove_on_abort: 'true',
    docker_host_local: 'false',
  },
} as const;

/** The Docker containerizer. */
export const dockerFlags = group('Docker (matter only with --containerizers=docker)', {
  docker: {
    status: 'ignored',
    type: string,
    default: 'docker',
    help: "The docker command. The agent speaks the engine's API and needs no command: --docker_host or --docker_socket say where the engine is.",
  },
  docker_host: {
    type: string,
    help: 'Where the Docker engine is: unix:///PATH or tcp://HOST:PORT (without a port: 2375, or 2376 with TLS). Unset: --docker_socket, if it is not the default; else the environment variable DOCKER_HOST; else the default.',
    check: dockerHostProblem,
  },
  docker_socket: {
    type: string,
    default: '/var/run/docker.sock',
    help: "The path of the Docker engine's socket. --docker_host has precedence; another path than the default has precedence over DOCKER_HOST.",
    check: dockerSocketProblem,
  },
  docker_tls_verify: {
    type: bool,
    help: 'Speak TLS with an engine at tcp://, and check that its certificate is of the authority in ca.pem. Unset: true when the environment variable DOCKER_TLS_VERIFY is not empty.',
  },
  docker_cert_path: {
    type: string,
    help: 'The directory of ca.pem, and of cert.pem and key.pem when the engine asks for a certificate. Unset: the environment variable DOCKER_CERT_PATH, else ~/.docker.',
  },
  docker_config: {
    type: json,
    secret: true,
    help: "Docker's config.json, with the accounts to pull images with (auths); JSON or the path of a file. Not shown in views.",
    check: accountsProblem,
  },
  docker_profile: {
    type: string,
    help: 'Flags for a kind of engine, of which each can also be given itself and then wins. triton: an engine that stands for a whole data centre, such as Triton.',
    check: oneOf(...Object.keys(profiles)),
    presets: profiles,
  },
  docker_volumes: {
    type: string,
    default: 'all',
    help: 'Which host volumes Docker containers may have: all; no-sandbox, which leaves the sandbox unmounted and MESOS_SANDBOX unset; none, which also refuses tasks that ask for a path of the host. Output reaches the sandbox in any case.',
    check: oneOf('all', 'no-sandbox', 'none'),
  },
  docker_container_name_case: {
    type: string,
    default: 'preserve',
    help: 'Letters in names of Docker containers: preserve, or lower for engines that refuse capitals.',
    check: oneOf('preserve', 'lower'),
  },
  docker_host_local: {
    type: bool,
    default: 'true',
    help: "Whether the engine's containers are processes of this machine. When not, usage, updates and health checks go through the engine only; /proc, cgroups and namespaces of this machine are left alone.",
  },
  docker_remove_delay: {
    type: durationOrZero,
    default: '6hrs',
    help: 'How long ended Docker containers are kept in the engine. 0: they are removed at once.',
  },
  docker_remove_on_abort: {
    type: bool,
    default: 'false',
    help: 'Remove Docker containers at once, whatever --docker_remove_delay says, that failed to launch, were destroyed before they ran, or were killed.',
  },
  docker_kill_orphans: {
    type: bool,
    default: 'true',
    help: 'End and remove Docker containers of this agent that it does not know when it recovers. Those of other agents stay.',
  },
  docker_stop_timeout: {
    type: duration,
    default: '0ns',
    help: "How long a container that the agent ends itself, such as an executor's, may take after its stop signal. 0ns: it is killed at once. Tasks have their kill policies; one without has this grace if it is longer than --executor_shutdown_grace_period.",
  },
  docker_mesos_image: { type: string, status: 'later', help: 'Image of the agent itself, where it runs in Docker.' },
  docker_volume_checkpoint_dir: {
    ...later,
    type: string,
    default: '/var/run/mesos/isolators/docker/volume',
    help: 'Where the isolator docker/volume remembers its volumes.',
  },
  docker_volume_chown: {
    type: bool,
    default: 'false',
    status: 'later',
    lacks: builtOnly('false'),
    help: "Give Docker volumes to the container's user.",
  },
});
