import { ImageError } from '../image-error.ts';
import { type Digest, isDigest } from './digest.ts';
import { type Platform, parseObject } from './manifest.ts';

/**
 * What an image says about the processes that run in it. The isolator `docker/runtime` applies it to a command.
 *
 * @see https://github.com/opencontainers/image-spec/blob/main/config.md
 */
export interface ImageRuntime {
  /** The first arguments of every command; empty: none. */
  readonly entrypoint: readonly string[];
  /** The arguments to use where a task names none. */
  readonly cmd: readonly string[];
  /** In the order of the image; of a name that comes twice, the later value counts. */
  readonly environment: readonly { readonly name: string; readonly value: string }[];
  /** An absolute path in the image. */
  readonly workingDirectory?: string;
  /** `user`, `uid`, `user:group` or `uid:gid`, which the image's own /etc/passwd and /etc/group resolve. */
  readonly user?: string;
  readonly labels: Readonly<Record<string, string>>;
  /** `80/tcp`. */
  readonly exposedPorts: readonly string[];
  /** `SIGTERM` or a number. */
  readonly stopSignal?: string;
  /** Paths that the image wants to be volumes. */
  readonly volumes: readonly string[];
}

/** The configuration of an image. */
export interface ImageConfig {
  /** The digests of the layers' contents, without compression, lowest first. */
  readonly diffIds: readonly Digest[];
  readonly platform: Platform;
  readonly runtime: ImageRuntime;
}

/**
 * Reads the configuration of an image. Fields that it does not have are empty.
 *
 * @throws {ImageError} `INVALID` when a field has another type, or a layer has no digest.
 */
export function readImageConfig(text: string): ImageConfig {
  const document = parseObject(text, 'configuration');
  const { type, diff_ids: diffIds } = object(document.rootfs, 'rootfs');
  if (type !== undefined && type !== 'layers') throw bad('rootfs.type', 'layers');
  const layers = diffIds === undefined || diffIds === null ? [] : diffIds;
  if (!Array.isArray(layers) || !layers.every(isDigest)) throw bad('rootfs.diff_ids', 'a list of digests');
  return {
    diffIds: layers,
    platform: {
      os: optionalText(document.os, 'os') ?? 'linux',
      architecture: optionalText(document.architecture, 'architecture') ?? '',
    },
    runtime: runtimeOf(object(document.config, 'config')),
  };
}

function runtimeOf(config: Record<string, unknown>): ImageRuntime {
  const [workingDirectory, user] = [optionalText(config.WorkingDir, 'WorkingDir'), optionalText(config.User, 'User')];
  const stopSignal = optionalText(config.StopSignal, 'StopSignal');
  return {
    entrypoint: texts(config.Entrypoint, 'Entrypoint'),
    cmd: texts(config.Cmd, 'Cmd'),
    environment: texts(config.Env, 'Env').map(variable),
    ...(workingDirectory && { workingDirectory }),
    ...(user && { user }),
    labels: labelsOf(config.Labels),
    exposedPorts: Object.keys(object(config.ExposedPorts, 'ExposedPorts')),
    ...(stopSignal && { stopSignal }),
    volumes: Object.keys(object(config.Volumes, 'Volumes')),
  };
}

function variable(text: string): { name: string; value: string } {
  const at = text.indexOf('=');
  return at < 0 ? { name: text, value: '' } : { name: text.slice(0, at), value: text.slice(at + 1) };
}

function labelsOf(value: unknown): Record<string, string> {
  const labels = object(value, 'Labels');
  if (!Object.values(labels).every(each => typeof each === 'string')) throw bad('Labels', 'texts');
  return labels as Record<string, string>;
}

function object(value: unknown, field: string): Record<string, unknown> {
  if (value === undefined || value === null) return {};
  if (typeof value !== 'object' || Array.isArray(value)) throw bad(field, 'an object');
  return value as Record<string, unknown>;
}

function optionalText(value: unknown, field: string): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string' || value.includes('\0')) throw bad(field, 'a text');
  return value;
}

function texts(value: unknown, field: string): string[] {
  if (value === undefined || value === null) return [];
  const good = Array.isArray(value) && value.every(each => typeof each === 'string' && !each.includes('\0'));
  if (!good) throw bad(field, 'a list of texts');
  return value;
}

function bad(field: string, expected: string): ImageError {
  return new ImageError('INVALID', `Its configuration is invalid: '${field}' must be ${expected}`);
}
