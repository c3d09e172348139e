/** Reads the files with the principals and secrets of a daemon, once, when it starts. */
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { parseJson, textOf } from '@meseta/protocol';
import { NotRegularFileError } from '@meseta/system/regular-file';
import { systemProblem } from '@meseta/system/system-problem';

/** A principal, and the secret by which it proves who it is. */
export interface Credential {
  readonly principal: string;
  /** A plain text, also in JSON: Mesos does not encode it. */
  readonly secret: string;
}

/** Secrets by principal. */
export type Credentials = ReadonlyMap<string, string>;

/** How a file of credentials is read. */
export interface CredentialsOptions {
  /** The flag that names the file, for errors: `--credentials`. */
  readonly flag: string;
  /** Receives warnings for the operator. */
  readonly warn: (message: string) => void;
}

/**
 * A file of credentials cannot be used. The message names the flag, the file, the line or field, and what is allowed. It
 * never contains a part of the file, which could be a secret.
 */
export class CredentialsError extends Error {
  override readonly name = 'CredentialsError';
  readonly code: 'CREDENTIALS_UNREADABLE' | 'CREDENTIALS_EMPTY' | 'CREDENTIALS_INVALID';

  constructor(code: CredentialsError['code'], message: string, flag: string) {
    super(`${message} (see ${flag} flag)`);
    this.code = code;
  }
}

/** Larger files are not read: a hundred thousand credentials are smaller. */
const largestBytes = 16 * 1024 * 1024;
/** Longest principal and longest secret, in bytes. Cyrus SASL, which Mesos uses, has the same limit for an answer. */
const longestBytes = 1024;

/** What the two kinds of files may contain. */
const allowed = {
  credentials: '{"credentials":[{"principal":"…","secret":"…"}]}, or lines of a principal, a space and its secret',
  credential: '{"principal":"…","secret":"…"}, or one line of a principal, a space and its secret',
};

/**
 * Reads a file of several credentials: JSON (`{"credentials":[{"principal":…,"secret":…}]}`), or lines of a principal
 * and a secret, as in Mesos 0.21. Of a principal that is given twice, the last secret counts, as in Mesos.
 *
 * @throws {CredentialsError} when the file cannot be read, has no credential, or anything else than credentials.
 * @see Mesos src/credentials/credentials.hpp
 */
export function readCredentials(path: string, options: CredentialsOptions): Credentials {
  const text = readFile(path, 'credentials', options);
  const none = () =>
    new CredentialsError(
      'CREDENTIALS_EMPTY',
      `Credentials file must contain at least one credential, and '${path}' has none; allowed: ${allowed.credentials}`,
      options.flag,
    );
  if (text.trim() === '') throw none();
  const invalid = invalidIn(path, 'credentials', options);
  const list = isJson(text) ? credentialsIn(parse(text, path, options), invalid) : linesOf(text, invalid);
  if (list.length === 0) throw none();
  const credentials = new Map<string, string>();
  for (const { principal, secret } of list) {
    if (credentials.has(principal)) {
      options.warn(
        `Credentials file '${path}' has the principal '${principal}' more than once: the last secret counts`,
      );
    }
    credentials.set(principal, secret);
  }
  return credentials;
}

/**
 * Reads a file of one credential: JSON (`{"principal":…,"secret":…}`), or one line of a principal and a secret.
 *
 * @throws {CredentialsError} when the file cannot be read, is empty, or has anything else than one credential.
 */
export function readCredential(path: string, options: CredentialsOptions): Credential {
  const text = readFile(path, 'credential', options);
  if (text.trim() === '') {
    const message = `Empty credential file '${path}'; allowed: ${allowed.credential}`;
    throw new CredentialsError('CREDENTIALS_EMPTY', message, options.flag);
  }
  const invalid = invalidIn(path, 'credential', options);
  if (isJson(text)) {
    const value = parse(text, path, options);
    if (isObject(value) && 'credentials' in value) throw invalid('it has several credentials');
    return credentialIn(value, 'it', invalid);
  }
  const [credential, ...others] = linesOf(text, invalid);
  if (credential === undefined || others.length > 0) throw invalid('it has more than one line');
  return credential;
}

/** Makes the error for what is wrong in a file. */
type Invalid = (problem: string) => CredentialsError;

function invalidIn(path: string, kind: keyof typeof allowed, { flag }: CredentialsOptions): Invalid {
  return problem =>
    new CredentialsError(
      'CREDENTIALS_INVALID',
      `Failed to parse ${kind} of '${path}': ${problem}; allowed: ${allowed[kind]}`,
      flag,
    );
}

function readFile(path: string, kind: keyof typeof allowed, { flag, warn }: CredentialsOptions): string {
  const unreadable = (problem: string) =>
    new CredentialsError('CREDENTIALS_UNREADABLE', `Failed to read ${kind} file '${path}': ${problem}`, flag);
  try {
    const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const stats = fstatSync(fd);
      if (!stats.isFile()) throw new NotRegularFileError(path, stats);
      if (stats.size > largestBytes) throw unreadable(`it is larger than ${largestBytes} bytes`);
      if ((stats.mode & 0o007) !== 0) {
        warn(
          `Permissions on ${kind} file '${path}' are too open; it is recommended that your ${kind} file is NOT accessible by others (chmod o= '${path}')`,
        );
      }
      return textOf(readFileSync(fd));
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    throw error instanceof CredentialsError ? error : unreadable(systemProblem(error as Error));
  }
}

const isJson = (text: string) => /^\s*[{[]/.test(text);

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Parses JSON. Its errors name the line only, not what is there. */
function parse(text: string, path: string, { flag }: CredentialsOptions): unknown {
  try {
    return parseJson(text);
  } catch (error) {
    const [line] = /line \d+( or later)?/.exec(String(error)) ?? [];
    const what = line === undefined ? 'cannot be parsed' : `has a syntax error at ${line}`;
    throw new CredentialsError('CREDENTIALS_INVALID', `Invalid json format: '${path}' ${what}`, flag);
  }
}

function credentialsIn(value: unknown, invalid: Invalid): Credential[] {
  if (!isObject(value) || !Array.isArray(value.credentials)) throw invalid("it has no list 'credentials'");
  return value.credentials.map((each, index) => credentialIn(each, `credentials[${index}]`, invalid));
}

function credentialIn(value: unknown, where: string, invalid: Invalid): Credential {
  if (!isObject(value)) throw invalid(`${where} is not an object`);
  const field = (name: keyof Credential): string => {
    const text = value[name];
    if (text === undefined) throw invalid(`${where} has no '${name}'`);
    if (typeof text !== 'string') throw invalid(`'${name}' of ${where} is not a text`);
    return checked(text, `'${name}' of ${where}`, invalid);
  };
  return { principal: field('principal'), secret: field('secret') };
}

function linesOf(text: string, invalid: Invalid): Credential[] {
  const credentials: Credential[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    const words = line.split(/[ \t\r]+/).filter(word => word !== '');
    if (words.length === 0) continue;
    const where = `line ${index + 1}`;
    const [principal = '', secret = ''] = words;
    if (words.length !== 2) {
      throw invalid(`Invalid credential format at ${where}: it has ${words.length} words in place of two`);
    }
    credentials.push({
      principal: checked(principal, `the principal in ${where}`, invalid),
      secret: checked(secret, `the secret in ${where}`, invalid),
    });
  }
  return credentials;
}

/** An empty secret would let everyone in who knows the name. */
function checked(text: string, what: string, invalid: Invalid): string {
  if (text === '') throw invalid(`${what} is empty`);
  if (text.includes('\0')) throw invalid(`${what} has a NUL character`);
  if (Buffer.byteLength(text) > longestBytes) throw invalid(`${what} is longer than ${longestBytes} bytes`);
  return text;
}
