/** Reads the environment variables by which Mesos's programs are told how to speak TLS. */
import { TlsError } from './error.ts';

/** Variables of the environment. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The protocol versions, oldest first. */
export const tlsVersions = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] as const;

/** What the environment says about TLS. */
export interface TlsSettings {
  readonly enabled: boolean;
  /** Connections without TLS are taken, too, and peers that do not speak TLS are spoken to without it. */
  readonly supportsDowngrade: boolean;
  readonly keyFile: string | undefined;
  readonly certFile: string | undefined;
  /** Authorities whose certificates are trusted. Without both, those of the system. */
  readonly caFile: string | undefined;
  readonly caDirectory: string | undefined;
  /** Whether certificates of servers are verified; undefined when the environment does not say. */
  readonly verifiesServers: boolean | undefined;
  readonly requiresClientCertificates: boolean;
  /** Whether an IP address in a certificate counts. */
  readonly verifiesIpAddresses: boolean;
  /** The most certificates between the peer's and that of a trusted authority. */
  readonly verificationDepth: number;
  /** `legacy`: the peer's name is the one that its address has; `openssl`: the name that was asked for. */
  readonly hostnameScheme: 'legacy' | 'openssl';
  /** In OpenSSL's form; undefined: those of Node.js. */
  readonly ciphers: string | undefined;
  readonly curves: string;
  readonly versions: ReadonlySet<(typeof tlsVersions)[number]>;
  /** The variables as they are, by the names of today: executors get them. */
  readonly variables: Readonly<Record<string, string>>;
}

const prefix = 'LIBPROCESS_SSL_';
/** Of Mesos before 1.0. OpenSSL has variables of such names, too. */
const oldPrefix = 'SSL_';

interface Variable<T> {
  readonly otherwise: T;
  /** @throws {Error} whose message says what is allowed. */
  parse(text: string): T;
}

const bool = (otherwise: boolean): Variable<boolean> => ({
  otherwise,
  parse(text) {
    if (text === 'true' || text === '1') return true;
    if (text === 'false' || text === '0') return false;
    throw new Error('allowed: true, 1, false, 0');
  },
});

const optionalBool: Variable<boolean | undefined> = { otherwise: undefined, parse: text => bool(false).parse(text) };
const text: Variable<string | undefined> = {
  otherwise: undefined,
  parse(value) {
    if (value === '') throw new Error('it is empty; unset it, or give a value');
    return value;
  },
};

const depth: Variable<number> = {
  otherwise: 4,
  parse(value) {
    if (/^\d{1,3}$/.test(value) && Number(value) <= 100) return Number(value);
    throw new Error('allowed: whole numbers from 0 to 100');
  },
};

const scheme: Variable<'legacy' | 'openssl'> = {
  otherwise: 'legacy',
  parse(value) {
    if (value === 'legacy' || value === 'openssl') return value;
    throw new Error('allowed: legacy, openssl');
  },
};

const never: Variable<boolean> = {
  otherwise: false,
  parse(value) {
    if (!bool(false).parse(value)) return false;
    throw new Error('SSL 3 is broken, and not built in here; allowed: false, 0');
  },
};

/** @see Mesos 3rdparty/libprocess/src/openssl.cpp, Flags; there TLS 1.3 is off by default. */
const table = {
  ENABLED: bool(false),
  SUPPORT_DOWNGRADE: bool(false),
  KEY_FILE: text,
  CERT_FILE: text,
  CA_FILE: text,
  CA_DIR: text,
  VERIFY_SERVER_CERT: optionalBool,
  VERIFY_CERT: optionalBool,
  REQUIRE_CLIENT_CERT: bool(false),
  REQUIRE_CERT: bool(false),
  VERIFY_IPADD: bool(false),
  VERIFICATION_DEPTH: depth,
  HOSTNAME_VALIDATION_SCHEME: scheme,
  CIPHERS: text,
  ECDH_CURVES: { ...text, otherwise: 'auto' },
  ENABLE_SSL_V3: never,
  ENABLE_TLS_V1_0: bool(false),
  ENABLE_TLS_V1_1: bool(false),
  ENABLE_TLS_V1_2: bool(true),
  ENABLE_TLS_V1_3: bool(true),
};

type Name = keyof typeof table;
const names = Object.keys(table) as Name[];

/** How Mesos's documentation calls two of them. */
const otherNames: Readonly<Record<string, Name>> = { VERIFY_DEPTH: 'VERIFICATION_DEPTH', ECDH_CURVE: 'ECDH_CURVES' };

const replaced: Readonly<Partial<Record<Name, Name>>> = {
  VERIFY_CERT: 'VERIFY_SERVER_CERT',
  REQUIRE_CERT: 'REQUIRE_CLIENT_CERT',
};

/** Tells whether the environment turns TLS on. @throws {TlsError} when it says neither yes nor no. */
export function isTlsEnabled(environment: Environment): boolean {
  return environment[`${prefix}ENABLED`] !== undefined || environment[`${oldPrefix}ENABLED`] !== undefined
    ? readTlsSettings(environment, []).enabled
    : false;
}

/**
 * Reads all variables.
 *
 * @param warnings receives what is outdated, contradictory or unknown.
 * @throws {TlsError} for values that are not allowed, whether TLS is on or not, as libprocess has it.
 */
export function readTlsSettings(environment: Environment, warnings: string[]): TlsSettings {
  const variables = variablesOf(environment, warnings);
  const problems: string[] = [];
  const read = <T>(name: Name, { parse, otherwise }: Variable<T>): T => {
    const value = variables[prefix + name];
    if (value === undefined) return otherwise;
    try {
      return parse(value);
    } catch (error) {
      problems.push(`${prefix}${name}='${value.slice(0, 200)}': ${(error as Error).message}`);
      return otherwise;
    }
  };
  const enabled = read('ENABLED', table.ENABLED);
  const verify = [read('VERIFY_SERVER_CERT', optionalBool), read('VERIFY_CERT', optionalBool)];
  const requires = [read('REQUIRE_CLIENT_CERT', bool(false)), read('REQUIRE_CERT', bool(false))].includes(true);
  const switches = (['ENABLE_TLS_V1_0', 'ENABLE_TLS_V1_1', 'ENABLE_TLS_V1_2', 'ENABLE_TLS_V1_3'] as const).map(name =>
    read(name, table[name]),
  );
  read('ENABLE_SSL_V3', never);
  const settings: TlsSettings = {
    enabled,
    variables,
    supportsDowngrade: read('SUPPORT_DOWNGRADE', table.SUPPORT_DOWNGRADE),
    keyFile: read('KEY_FILE', text),
    certFile: read('CERT_FILE', text),
    caFile: read('CA_FILE', text),
    caDirectory: read('CA_DIR', text),
    verifiesServers: requires || verify.includes(true) || (verify.includes(false) ? false : undefined),
    requiresClientCertificates: requires,
    verifiesIpAddresses: read('VERIFY_IPADD', table.VERIFY_IPADD),
    verificationDepth: read('VERIFICATION_DEPTH', depth),
    hostnameScheme: read('HOSTNAME_VALIDATION_SCHEME', scheme),
    ciphers: read('CIPHERS', text),
    curves: read('ECDH_CURVES', text) ?? 'auto',
    versions: new Set(tlsVersions.filter((_, index) => switches[index])),
  };
  if (enabled && settings.versions.size === 0) {
    problems.push(
      `No version of TLS is left: set one of ${prefix}ENABLE_TLS_V1_2 and ${prefix}ENABLE_TLS_V1_3 to true`,
    );
  }
  if (problems.length > 0) throw new TlsError(problems.join('; '));
  return settings;
}

/**
 * Checks what only matters to a program that listens.
 *
 * @throws {TlsError} when key or certificate are missing, or when no connection to a daemon could be made.
 */
export function checkDaemonSettings(settings: TlsSettings, warnings: string[]): void {
  for (const [name, value] of [
    ['KEY_FILE', settings.keyFile],
    ['CERT_FILE', settings.certFile],
  ] as const) {
    if (value === undefined)
      throw new TlsError(`${prefix}ENABLED is set and ${prefix}${name} is not: it names a file in PEM`);
  }
  const { verifiesServers = false, hostnameScheme, verifiesIpAddresses, supportsDowngrade } = settings;
  if (verifiesServers && hostnameScheme === 'openssl' && !verifiesIpAddresses) {
    throw new TlsError(
      `${prefix}HOSTNAME_VALIDATION_SCHEME=openssl needs ${prefix}VERIFY_IPADD=true, for daemons connect to each` +
        ' other by IP address; certificates have to name these addresses',
    );
  }
  if (!verifiesServers) {
    warnings.push(
      `Certificates of other daemons are not verified, so that connections can be taken over by others: set ${prefix}VERIFY_SERVER_CERT=true`,
    );
  }
  if (supportsDowngrade) {
    const bypassed = verifiesServers ? ', by which the verification of certificates can be bypassed' : '';
    warnings.push(
      `Connections without TLS are taken and made, too${bypassed}: unset ${prefix}SUPPORT_DOWNGRADE when all daemons and clients speak TLS`,
    );
  }
  const old = tlsVersions.slice(0, 2).filter(version => settings.versions.has(version));
  if (old.length > 0) warnings.push(`Versions of TLS are on that are known to be weak: ${old.join(', ')}`);
}

/** Takes those that count out of the environment: the new name before the old one. */
function variablesOf(environment: Environment, warnings: string[]): Record<string, string> {
  const found: Record<string, string> = {};
  const isOld = environment[`${oldPrefix}ENABLED`] !== undefined;
  for (const name of names) {
    const spellings = [name, ...Object.keys(otherNames).filter(other => otherNames[other] === name)];
    const current = spellings.map(each => environment[prefix + each]).find(value => value !== undefined);
    // Otherwise SSL_CERT_FILE is OpenSSL's, which many machines set.
    const old = isOld ? environment[oldPrefix + name] : undefined;
    const value = current ?? old;
    if (value === undefined) continue;
    found[prefix + name] = value;
    if (old !== undefined && current === undefined)
      warnings.push(`${oldPrefix}${name} is an old name: use ${prefix}${name}`);
    else if (old !== undefined && old !== current)
      warnings.push(`${prefix}${name} counts, and ${oldPrefix}${name} with another value does not`);
    const newName = replaced[name];
    if (newName !== undefined) warnings.push(`${prefix}${name} is an old name: use ${prefix}${newName}`);
  }
  for (const name of Object.keys(environment)) {
    const rest = name.startsWith(prefix) ? name.slice(prefix.length) : undefined;
    if (rest !== undefined && !Object.hasOwn(table, rest) && !Object.hasOwn(otherNames, rest))
      warnings.push(`${name} is not known; known: ${names.map(each => prefix + each).join(', ')}`);
  }
  return found;
}
