import { ImageError } from '../image-error.ts';
import { type Digest, isDigest } from './digest.ts';

/**
 * The name of a Docker image: `[host[:port]/]repository[:tag][@digest]`.
 *
 * @see Mesos src/docker/spec.cpp, parseImageReference
 */
export interface ImageReference {
  /** `host[:port]`; undefined: the agent's `--docker_registry`. */
  readonly registry?: string;
  readonly repository: string;
  readonly tag?: string;
  readonly digest?: Digest;
}

const component = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*';
const repositoryForm = new RegExp(`^${component}(?:/${component})*$`);
const registryForm = /^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?$/;
const tagForm = /^\w[\w.-]{0,127}$/;
const maximumLength = 255;

/**
 * Parses the name of an image. Its parts cannot lead out of a directory, because no part of a repository starts with a
 * dot.
 *
 * @throws {ImageError} `INVALID`
 */
export function parseReference(name: string): ImageReference {
  const [beforeDigest, digest] = splitAtFirst(name, '@');
  if (digest !== undefined && !isDigest(digest)) {
    throw invalid(name, `'${digest}' is no digest; one is sha256: and 64 hexadecimal digits`);
  }
  const { registry, rest } = splitRegistry(beforeDigest);
  if (registry !== undefined && !registryForm.test(registry)) {
    throw invalid(name, `'${registry}' is no host of a registry; one is HOST or HOST:PORT`);
  }
  const [repository, tag] = splitAtFirst(rest, ':');
  if (!repositoryForm.test(repository) || repository.length > maximumLength) {
    const form = 'lower-case letters, digits and single . _ - between them, in parts divided by /';
    throw invalid(name, `'${repository}' is no repository; one has ${form}`);
  }
  if (tag !== undefined && !tagForm.test(tag)) {
    throw invalid(name, `'${tag}' is no tag; one has letters, digits, _ . and -, at most 128`);
  }
  return {
    ...(registry !== undefined && { registry }),
    repository,
    ...(tag !== undefined && { tag }),
    ...(digest !== undefined && { digest }),
  };
}

/** Returns the name in its full form: the tag is `latest` when there is neither a tag nor a digest. */
export function formatReference({ registry, repository, tag, digest }: ImageReference): string {
  const name = registry === undefined ? repository : `${registry}/${repository}`;
  const tagged = tag !== undefined || digest === undefined ? `${name}:${tag ?? 'latest'}` : name;
  return digest === undefined ? tagged : `${tagged}@${digest}`;
}

/** The first part is a registry when it looks like a host; otherwise it is a part of the repository, as in Docker. */
function splitRegistry(name: string): { registry?: string; rest: string } {
  const slash = name.indexOf('/');
  const first = name.slice(0, Math.max(slash, 0));
  const isHost = /[.:[]/.test(first) || first === 'localhost' || first !== first.toLowerCase();
  return slash > 0 && isHost ? { registry: first, rest: name.slice(slash + 1) } : { rest: name };
}

function splitAtFirst(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + separator.length)];
}

function invalid(name: string, problem: string): ImageError {
  return new ImageError('INVALID', `Image '${name}' has an invalid name: ${problem}`);
}
