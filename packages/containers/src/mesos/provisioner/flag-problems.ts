/** Checks values of flags and calls about images when they come, not when the first image is pulled. */
import type { Image } from '@meseta/protocol';
import { problemOf } from '../../problem-of.ts';
import { dockerAccounts } from './docker/docker-config.ts';
import { parseReference } from './docker/reference.ts';
import { parseImageGcConfig } from './image-gc.ts';
import { parseRegistryUrl } from './pullers/registry-address.ts';

/** Returns what is wrong with the value of `--docker_registry`; undefined when it is valid. */
export function registryProblem(text: string): string | undefined {
  if (text.startsWith('/')) return undefined;
  if (/^hdfs:\/\/./.test(text)) return undefined;
  return problemOf(() => parseRegistryUrl(text));
}

/** Returns what is wrong with the value of `--docker_config`; undefined when it is valid. */
export function accountsProblem(text: string): string | undefined {
  return problemOf(() => dockerAccounts(JSON.parse(text)));
}

/** Returns what is wrong with the value of `--image_gc_config`; undefined when it is valid. */
export function imageGcProblem(text: string): string | undefined {
  return problemOf(() => parseImageGcConfig(JSON.parse(text)));
}

/** Returns what is wrong with the names of images that are to stay; undefined when they are valid. */
export function imagesProblem(images: readonly Image[]): string | undefined {
  return problemOf(() => images.map(({ docker }) => docker && parseReference(docker.name)));
}
