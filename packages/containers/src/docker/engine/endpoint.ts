/** Where the Docker engine is, and how it is spoken to. */
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { problemOf } from '../../problem-of.ts';

/** The address of an engine. */
export type EngineEndpoint =
  | { readonly kind: 'unix'; readonly socketPath: string }
  | {
      readonly kind: 'tcp';
      /** Without brackets. */
      readonly host: string;
      readonly port: number;
      /** In front of every path; empty, or starts with a slash and does not end with one. */
      readonly basePath: string;
      /** Undefined: without TLS. */
      readonly tls?: EngineTls;
    };

/** The contents of PEM files. */
export interface EngineTls {
  readonly ca: string;
  /** Undefined: the engine must not ask for a certificate. */
  readonly cert?: string;
  readonly key?: string;
  /** The directory of the files, for messages. */
  readonly directory: string;
}

/** The agent's flags about the engine. */
export interface EngineFlags {
  /** `unix:///PATH` or `tcp://HOST:PORT`. */
  readonly docker_host?: string | undefined;
  /** Mesos's flag: the path of a socket. Its default counts as unset. */
  readonly docker_socket?: string | undefined;
  readonly docker_tls_verify?: boolean | undefined;
  /** The directory of ca.pem, cert.pem and key.pem. */
  readonly docker_cert_path?: string | undefined;
}

/** The settings cannot work. The message names the flag or variable, and what is allowed. */
export class EngineSettingsError extends Error {
  override readonly name = 'EngineSettingsError';
  readonly code = 'ENGINE_SETTINGS';
}

/** Where an engine of this machine is, unless it was configured otherwise: the default of `--docker_socket`. */
const defaultSocket = '/var/run/docker.sock';

/** The longest path that the kernel takes for a socket: 107 bytes and a NUL. */
const maximumSocketPath = 107;

/**
 * Finds the engine's endpoint: `--docker_host`, else `--docker_socket`, else `DOCKER_HOST`, else the default socket.
 * TLS is used for `tcp://` when `--docker_tls_verify` is set, or else `DOCKER_TLS_VERIFY` is not empty. Reads the files
 * synchronously: only for start-up.
 *
 * @throws {EngineSettingsError}
 */
export function engineEndpoint(flags: EngineFlags, env: Readonly<Record<string, string | undefined>>): EngineEndpoint {
  const { docker_host: host, docker_socket: socket } = flags;
  const { DOCKER_HOST: inherited } = env;
  if (host !== undefined) return parseHost('--docker_host', host, () => tlsOf(flags, env));
  if (socket !== undefined && socket !== defaultSocket)
    return socketAt('--docker_socket', socket.replace(/^unix:\/\//, ''));
  if (inherited) return parseHost('DOCKER_HOST', inherited, () => tlsOf(flags, env));
  return { kind: 'unix', socketPath: defaultSocket };
}

/** Returns what is wrong with the value of `--docker_host`; undefined when it is valid. */
export function dockerHostProblem(text: string): string | undefined {
  return problemOf(() => parseHost('', text, () => undefined));
}

/** Returns what is wrong with the value of `--docker_socket`; undefined when it is valid. */
export function dockerSocketProblem(text: string): string | undefined {
  return problemOf(() => socketAt('', text.replace(/^unix:\/\//, '')));
}

/** Returns the endpoint in the form of `DOCKER_HOST`, for messages. */
export function formatEndpoint(endpoint: EngineEndpoint): string {
  if (endpoint.kind === 'unix') return `unix://${endpoint.socketPath}`;
  const { host, port, basePath } = endpoint;
  return `tcp://${host.includes(':') ? `[${host}]` : host}:${port}${basePath}`;
}

function parseHost(source: string, text: string, tls: () => EngineTls | undefined): EngineEndpoint {
  const [, scheme, rest = ''] = /^([a-z]+):\/\/(.*)$/s.exec(text) ?? [];
  if (scheme === 'unix') return socketAt(source, rest);
  if (scheme !== 'tcp') {
    const help =
      scheme === 'http' || scheme === 'https'
        ? `; write tcp:// in place of ${scheme}://`
        : scheme === 'ssh'
          ? '; make a tunnel (ssh -L) and name its socket'
          : '';
    throw invalid(source, text, `allowed: unix:///PATH or tcp://HOST:PORT${help}`);
  }
  const url = URL.parse(`http://${rest}`);
  if (url === null || url.hostname === '' || /[\s?#]/.test(rest)) {
    throw invalid(
      source,
      text,
      'the host or the port is not valid; allowed: tcp://HOST:PORT, such as tcp://10.0.0.1:2376',
    );
  }
  if (url.username !== '' || url.password !== '') {
    throw invalid(source, text.replace(/\/\/.*@/, '//***@'), 'an engine has no users and passwords; use certificates');
  }
  const material = tls();
  const given = /:(\d+)(?:\/|$)/.exec(rest.replace(/^\[[^\]]*\]/, ''))?.[1];
  return {
    kind: 'tcp',
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: given === undefined ? (material ? 2376 : 2375) : Number(given),
    basePath: url.pathname.replace(/\/+$/, ''),
    ...(material !== undefined && { tls: material }),
  };
}

function socketAt(source: string, path: string): EngineEndpoint {
  if (!isAbsolute(path)) throw invalid(source, path, 'allowed: the absolute path of a socket');
  if (Buffer.byteLength(path) > maximumSocketPath) {
    throw invalid(source, path, `the path of a socket has at most ${maximumSocketPath} bytes`);
  }
  return { kind: 'unix', socketPath: path };
}

function tlsOf(flags: EngineFlags, env: Readonly<Record<string, string | undefined>>): EngineTls | undefined {
  const { DOCKER_TLS_VERIFY, DOCKER_CERT_PATH } = env;
  const verifies = flags.docker_tls_verify ?? Boolean(DOCKER_TLS_VERIFY);
  if (!verifies) return undefined;
  const directory = flags.docker_cert_path ?? (DOCKER_CERT_PATH || join(homedir(), '.docker'));
  const source =
    flags.docker_cert_path !== undefined ? '--docker_cert_path' : DOCKER_CERT_PATH ? 'DOCKER_CERT_PATH' : undefined;
  const ca = readPem(source, directory, 'ca.pem', 'CERTIFICATE');
  if (ca === undefined) {
    throw new EngineSettingsError(
      `TLS to the Docker engine needs the certificate of its authority: there is no ${join(directory, 'ca.pem')} (${source ?? 'set --docker_cert_path'})`,
    );
  }
  const cert = readPem(source, directory, 'cert.pem', 'CERTIFICATE');
  const key = readPem(source, directory, 'key.pem', 'PRIVATE KEY');
  if ((cert === undefined) !== (key === undefined)) {
    const [there, missing] = cert === undefined ? ['key.pem', 'cert.pem'] : ['cert.pem', 'key.pem'];
    throw new EngineSettingsError(`${directory} has ${there} but no ${missing}: a certificate needs both`);
  }
  const own = cert !== undefined && key !== undefined ? { cert, key } : {};
  const material = { ca, ...own, directory };
  checkMaterial(material);
  return material;
}

/** Returns the text of a file; undefined when there is none. */
function readPem(source: string | undefined, directory: string, name: string, what: string): string | undefined {
  const file = join(directory, name);
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    throw new EngineSettingsError(
      `${file} (${source ?? 'the default of --docker_cert_path'}) cannot be read: ${code}`,
      {
        cause,
      },
    );
  }
  if (!new RegExp(`-----BEGIN [A-Z0-9 ]*${what}-----`).test(text)) {
    throw new EngineSettingsError(`${file} has no ${what.toLowerCase()} in PEM`);
  }
  for (const each of text.match(certificateForm) ?? []) checkCertificate(file, each);
  return text;
}

const certificateForm = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** OpenSSL skips certificates that it cannot read. */
function checkCertificate(file: string, text: string): void {
  try {
    new (process.getBuiltinModule('node:crypto').X509Certificate)(text);
  } catch (cause) {
    throw new EngineSettingsError(`A certificate in ${file} is damaged`, { cause });
  }
}

function checkMaterial({ ca, cert, key, directory }: EngineTls): void {
  const { createSecureContext } = process.getBuiltinModule('node:tls');
  try {
    createSecureContext({ ca, cert, key });
  } catch (cause) {
    const { message } = cause as Error;
    const why = /key values mismatch/.test(message) ? 'key.pem is not the key of cert.pem' : message;
    throw new EngineSettingsError(`The files in ${directory} cannot be used for TLS: ${why}`, { cause });
  }
}

function invalid(source: string, text: string, problem: string): EngineSettingsError {
  return new EngineSettingsError(source === '' ? problem : `${source}='${text.slice(0, 200)}': ${problem}`);
}
