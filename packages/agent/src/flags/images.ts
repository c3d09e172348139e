/** Flags of container images and of Docker. */
import { asksNothing, builtOnly, eachOf, flagTypes, group, oneOf } from '@meseta/flags';

const { bool, duration, json, list, string } = flagTypes;

/** A flag about images: no value asks for anything while no image provider can be chosen. */
const image = { status: 'later', lacks: asksNothing } as const;
/** A flag about the Docker containerizer: likewise, while that cannot be chosen. */
const docker = image;

/** Container images. */
export const imageFlags = group('Images (matter only with --image_providers)', {
  image_providers: {
    type: list,
    status: 'later',
    help: 'Kinds of images containers may have: APPC, DOCKER.',
    check: eachOf('APPC', 'DOCKER'),
  },
  image_provisioner_backend: {
    ...image,
    type: string,
    help: 'How root file systems are put together: aufs, bind, copy or overlay. Unset: the best the machine has.',
    check: oneOf('aufs', 'bind', 'copy', 'overlay'),
  },
  image_gc_config: { type: json, status: 'later', help: 'When unused images are removed. Unset: never.' },
  appc_simple_discovery_uri_prefix: {
    ...image,
    type: string,
    default: 'http://',
    help: 'Prefix of addresses of AppC images.',
  },
  appc_store_dir: { ...image, type: string, default: '/tmp/mesos/store/appc', help: 'Directory of AppC images.' },
  docker_registry: {
    ...image,
    type: string,
    default: 'https://registry-1.docker.io',
    help: 'Where Docker images come from: address of a registry, or a directory of what docker save wrote.',
  },
  docker_store_dir: {
    ...image,
    type: string,
    default: '/tmp/mesos/store/docker',
    help: 'Directory of layers of Docker images.',
  },
  docker_ignore_runtime: {
    ...image,
    type: bool,
    default: 'false',
    help: 'Ignore environment, working directory and command that Docker images bring.',
  },
});

/** The Docker containerizer. */
export const dockerFlags = group('Docker (matter only with --containerizers=docker)', {
  docker: { ...docker, type: string, default: 'docker', help: 'The docker command.' },
  docker_socket: { ...docker, type: string, default: '/var/run/docker.sock', help: "Docker's socket." },
  docker_config: {
    type: json,
    status: 'later',
    secret: true,
    help: "Docker's config.json, with the accounts to pull images with; JSON or the path of a file. Not shown in views.",
  },
  docker_remove_delay: {
    ...docker,
    type: duration,
    default: '6hrs',
    help: 'How long ended Docker containers are kept.',
  },
  docker_kill_orphans: {
    ...docker,
    type: bool,
    default: 'true',
    help: 'Remove Docker containers of this agent that it does not know when it recovers.',
  },
  docker_stop_timeout: {
    ...docker,
    type: duration,
    default: '0ns',
    help: "Deprecated in favour of a task's kill policy.",
  },
  docker_mesos_image: { type: string, status: 'later', help: 'Image of the agent itself, where it runs in Docker.' },
  docker_volume_checkpoint_dir: {
    ...docker,
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
