/** TLS of one process: its key and certificates, the connections that it makes, and the rules for those it takes. */
import { isIP, type Socket } from 'node:net';
import type { ConnectionOptions, SecureContext, TLSSocket, TlsOptions } from 'node:tls';
import { systemClock } from '@meseta/system/clock';
import { formatAddress } from '../address.ts';
import type { Report } from '../report.ts';
import { TlsError, TlsPeerError } from './error.ts';
import { readMaterial, type TlsMaterial } from './material.ts';
import { checkDepth, checkNames, type IdentityRules, namesOf, ReverseNames, trustProblem } from './peer-identity.ts';
import { RareReport } from './rare-report.ts';
import { checkDaemonSettings, type Environment, isTlsEnabled, readTlsSettings, type TlsSettings } from './settings.ts';

const protocols = ['http/1.1'];
const mostSessions = 2000;

/** Of two kinds of programs, which differ in what they take for granted. */
export interface TlsUse {
  /** Verify certificates of servers. */
  readonly verifiesServers: boolean;
  /** Take the IP address of a server for a name of its certificate. */
  readonly verifiesIpAddresses: boolean;
}

/** The address of a server. */
export interface TlsTarget {
  readonly host: string;
  readonly port: number;
  /** Speaks TLS over this connection instead of a new one. */
  readonly socket?: Socket;
}

/** Holds what a process needs to speak TLS. Files are read at the start, and again by {@link reload}. */
export class Tls {
  readonly settings: TlsSettings;
  readonly #use: TlsUse;
  readonly #rules: IdentityRules;
  readonly #report: Report;
  readonly #rare: RareReport;
  readonly #reverse = new ReverseNames();
  readonly #listeners = new Set<() => void>();
  /** The last session with a server, which saves most of the next handshake. */
  readonly #sessions = new Map<string, Buffer>();
  #material: TlsMaterial;
  #clientContext: SecureContext;

  /** @throws {TlsError} when files cannot be used. */
  constructor(settings: TlsSettings, use: TlsUse, report: Report) {
    this.settings = settings;
    this.#use = use;
    this.#rules = { ...settings, verifiesIpAddresses: use.verifiesIpAddresses };
    this.#report = report;
    this.#rare = new RareReport(report);
    this.#material = this.#read();
    this.#clientContext = this.#newContext();
  }

  /** The own certificate: its subject, and until when it is valid. */
  get own(): TlsMaterial['own'] {
    return this.#material.own;
  }

  /** For how long the own certificate is valid still, in seconds; 0 without one. */
  get validSecs(): number {
    const { own } = this.#material;
    return own === undefined ? 0 : Math.max(0, (Date.parse(own.validTo) - systemClock.now()) / 1000);
  }

  /** Returns the options of a server: its certificate, and whether clients must have one. */
  serverOptions(): TlsOptions {
    const isRequired = this.settings.requiresClientCertificates;
    return {
      ...this.#material.context,
      // The check is ours, so that clients get its reason. A session must not get around it: there are none.
      ...{ requestCert: isRequired, rejectUnauthorized: false },
      ...(isRequired && { secureOptions: (this.#material.context.secureOptions ?? 0) | noTicket() }),
      ALPNProtocols: protocols,
    };
  }

  /** Calls back after each successful reload. @returns a function that ends this. */
  onReload(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Reads keys and certificates again, for connections that begin after this. When a file cannot be used, all stays as
   * it was. @returns whether the files were taken.
   */
  reload(): boolean {
    try {
      this.#material = this.#read();
    } catch (error) {
      if (!(error instanceof TlsError)) throw error;
      this.#report('error', `Kept the keys and certificates that were read before: ${error.message}`);
      return false;
    }
    this.#clientContext = this.#newContext();
    this.#sessions.clear(); // they were made with certificates that may not be trusted any more
    for (const listener of this.#listeners) listener();
    return true;
  }

  /**
   * Checks the certificate of a client after the handshake, where certificates are required.
   *
   * @throws {TlsPeerError}
   */
  async checkClient(secure: TLSSocket): Promise<void> {
    const { requiresClientCertificates, hostnameScheme, verificationDepth } = this.settings;
    if (!requiresClientCertificates) return;
    const certificate = secure.getPeerCertificate(true);
    if (certificate === null || Object.keys(certificate).length === 0 || secure.isSessionReused()) {
      throw new TlsPeerError('CERTIFICATE_MISSING', 'a certificate of the client is required, and there is none');
    }
    const problem = trustProblem(secure);
    if (problem !== undefined) throw problem;
    checkDepth(certificate, verificationDepth);
    const host = secure.remoteAddress;
    if (hostnameScheme === 'legacy' && host !== undefined)
      checkNames(certificate, await namesOf(host, this.#rules, this.#reverse), host);
  }

  /** Logs that a connection over TLS was refused or failed; each kind of failure at most once a minute. */
  tell(kind: string, message: string): void {
    this.#rare.warn(kind, message);
  }

  /**
   * Connects to a server.
   *
   * @param onReady called once, when the handshake is over and the server is who it should be.
   * @returns the socket. Where there is no such connection, it ends with an error: {@link TlsPeerError}, or that of the
   *   network or of OpenSSL.
   */
  connect({ host, port, socket: plain }: TlsTarget, onReady: () => void): Socket {
    const { connect } = process.getBuiltinModule('node:tls');
    const key = formatAddress({ ip: host, port });
    const session = this.#sessions.get(key);
    const options: ConnectionOptions = {
      ...{ host, port, secureContext: this.#clientContext, ALPNProtocols: protocols },
      ...(plain && { socket: plain }),
      ...(isIP(host) === 0 && { servername: host }),
      ...(session !== undefined && { session }),
      // Both are done below, where the name service can be asked.
      rejectUnauthorized: false,
      checkServerIdentity: () => undefined,
    };
    const socket = connect(options);
    socket.setNoDelay(true);
    socket.setKeepAlive(true, 60_000);
    let trusted = false;
    let latest: Buffer | undefined;
    const keep = () => {
      if (trusted && latest !== undefined) this.#keepSession(key, latest);
    };
    socket.on('session', (data: Buffer) => {
      latest = data;
      keep();
    });
    socket.once('secureConnect', () => {
      this.#checkServer(socket, host).then(
        () => {
          if (socket.destroyed) return;
          trusted = true;
          keep();
          onReady();
        },
        (error: Error) => {
          this.tell(`server ${codeOf(error)}`, `Refused the connection to ${key}: ${error.message}`);
          socket.destroy(error);
        },
      );
    });
    socket.once('error', () => this.#sessions.delete(key));
    return socket;
  }

  async #checkServer(socket: TLSSocket, host: string): Promise<void> {
    if (!this.#use.verifiesServers) return;
    const problem = trustProblem(socket);
    if (problem !== undefined) throw problem;
    if (socket.isSessionReused()) return; // it was checked when the session began
    const certificate = socket.getPeerCertificate(true);
    checkDepth(certificate, this.settings.verificationDepth);
    checkNames(certificate, await namesOf(host, this.#rules, this.#reverse), host);
  }

  #keepSession(key: string, session: Buffer): void {
    this.#sessions.delete(key);
    const [oldest] = this.#sessions.keys();
    if (this.#sessions.size >= mostSessions && oldest !== undefined) this.#sessions.delete(oldest);
    this.#sessions.set(key, session);
  }

  #read(): TlsMaterial {
    const material = readMaterial(this.settings, systemClock.now());
    for (const warning of material.warnings) this.#report('warn', warning);
    return material;
  }

  #newContext(): SecureContext {
    return process.getBuiltinModule('node:tls').createSecureContext(this.#material.context);
  }
}

const noTicket = () => process.getBuiltinModule('node:crypto').constants.SSL_OP_NO_TICKET;
const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code ?? 'UNKNOWN';

/**
 * Reads what a daemon's environment says about TLS.
 *
 * @returns undefined when TLS is off.
 * @throws {TlsError} when a variable or a file cannot be used.
 */
export function daemonTls(environment: Environment, report: Report): Tls | undefined {
  const warnings: string[] = [];
  const settings = readTlsSettings(environment, warnings);
  if (settings.enabled) checkDaemonSettings(settings, warnings);
  for (const warning of warnings) report('warn', warning);
  if (!settings.enabled) return undefined;
  const { verifiesServers = false, verifiesIpAddresses } = settings;
  return new Tls(settings, { verifiesServers, verifiesIpAddresses }, report);
}

/**
 * Makes the TLS of a client, which needs no key and no certificate of its own. It verifies servers unless the
 * environment says that it must not.
 *
 * @throws {TlsError} when a variable or a file cannot be used.
 */
export function clientTls(environment: Environment): Tls {
  const settings = readTlsSettings(environment, []);
  const use: TlsUse = { verifiesServers: settings.verifiesServers ?? true, verifiesIpAddresses: true };
  return new Tls(settings, use, () => undefined);
}

let ofEnvironment: Tls | undefined;

/** Returns the TLS of clients that this process's environment describes; files are read once. @throws {TlsError} */
export function environmentTls(): Tls {
  ofEnvironment ??= clientTls(process.env);
  return ofEnvironment;
}

/** Returns how the addresses of daemons begin that are given without it. @throws {TlsError} */
export function defaultScheme(environment: Environment): 'http' | 'https' {
  return isTlsEnabled(environment) ? 'https' : 'http';
}

/** Tells whether a failed handshake means that the other end does not speak TLS at all. */
export function isWithoutTls(error: Error | undefined): boolean {
  return error !== undefined && !(error instanceof TlsPeerError) && withoutTls.has(codeOf(error));
}

const withoutTls: ReadonlySet<string> = new Set([
  'ERR_SSL_WRONG_VERSION_NUMBER',
  'ERR_SSL_PACKET_LENGTH_TOO_LONG',
  'ERR_SSL_HTTP_REQUEST',
  'ERR_SSL_UNEXPECTED_MESSAGE',
  'EPROTO',
  'ECONNRESET',
]);
