/** Flags of container images. */
import { imageGcProblem, registryProblem } from '@meseta/containers';
import { asksNothing, builtItemsOnly, builtOnly, eachOf, flagTypes, group, oneOf, positive } from '@meseta/flags';

const { bool, duration, json, list, string } = flagTypes;

/** A flag about AppC images: no value asks for anything while these cannot be chosen. */
const later = { status: 'later', lacks: asksNothing } as const;

/** Container images. */
export const imageFlags = group('Images (matter only with --image_providers)', {
  image_providers: {
    type: list,
    help: 'Kinds of images that containers may have: DOCKER. Needs the isolator filesystem/linux. APPC is not built: use Docker images.',
    check: eachOf('APPC', 'DOCKER'),
    lacks: builtItemsOnly('DOCKER'),
  },
  image_provisioner_backend: {
    type: string,
    help: 'How root file systems are put together: overlay shares the layers of images, copy copies them for each container. Unset: overlay where it works, else copy. aufs and bind are not built: use overlay.',
    check: oneOf('aufs', 'bind', 'copy', 'overlay'),
    lacks: builtOnly('copy', 'overlay'),
  },
  image_gc_config: {
    type: json,
    help: 'When unused images are removed: {"image_disk_headroom": 0.1, "image_disk_watch_interval": {"nanoseconds": 3600000000000}, "excluded_images": []}. The disk is looked at in that interval; when it has less than that share free, all images but the excluded ones go that no container uses. Unset: never.',
    check: imageGcProblem,
  },
  appc_simple_discovery_uri_prefix: {
    ...later,
    type: string,
    default: 'http://',
    help: 'Prefix of addresses of AppC images.',
  },
  appc_store_dir: { ...later, type: string, default: '/tmp/mesos/store/appc', help: 'Directory of AppC images.' },
  docker_registry: {
    type: string,
    default: 'https://registry-1.docker.io',
    help: 'Where Docker images come from whose names have no registry: the address of a registry (http:// for one without TLS), a directory with archives of docker save (NAME:TAG.tar) and OCI layouts, or one with such archives in HDFS (hdfs://…), which the client of Hadoop copies.',
    check: registryProblem,
  },
  docker_store_dir: {
    type: string,
    default: '/tmp/mesos/store/docker',
    help: 'Directory of the layers of Docker images. No two agents may have the same.',
  },
  docker_stall_timeout: {
    type: duration,
    help: 'How long a download of an image may stand still before it is tried again. Unset: 1mins.',
    check: positive(duration),
  },
  docker_ignore_runtime: {
    type: bool,
    default: 'false',
    help: 'Ignore environment, working directory and command that Docker images bring (isolator docker/runtime).',
  },
});
