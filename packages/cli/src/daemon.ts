/** Helps the commands that run daemons. */
import { daemonTls, type Tls } from '@meseta/process';
import { DirectoryError } from '@meseta/system';
import { createLogger, type Logger, type LogOptions } from '@meseta/telemetry';

interface LoggingFlags {
  readonly logging_level: string;
  readonly quiet: boolean;
  readonly log_dir: string | undefined;
}

/**
 * Creates a daemon's logger from its flags. Returns undefined, after a message on standard error, when `--log_dir`
 * cannot be used.
 */
export function openLog(
  program: string,
  component: string,
  { logging_level, quiet, log_dir }: LoggingFlags,
): Logger | undefined {
  try {
    const level = logging_level as NonNullable<LogOptions['level']>;
    return createLogger({ program, level, quiet, ...(log_dir !== undefined && { directory: log_dir }) }, component);
  } catch (error) {
    if (!(error instanceof DirectoryError)) throw error;
    process.stderr.write(`meseta ${component}: ${error.message}\n`);
    return undefined;
  }
}

/** Prints the text of a command line that starts nothing: help, versions or a mistake. @returns the exit code. */
export function refuseStart({ exit, stdout, stderr }: { exit: 0 | 1; stdout?: string; stderr?: string }): number {
  if (stdout) process.stdout.write(stdout);
  if (stderr) process.stderr.write(stderr);
  return exit;
}

/** The TLS of a daemon as its environment describes it. */
export interface DaemonTls {
  readonly tls: Tls | undefined;
  /** What SIGHUP does: keys and certificates are read again. Undefined without TLS. */
  readonly onHangup: (() => void) | undefined;
}

/** Reads the environment. @throws {TlsError} when variables, keys or certificates cannot be used. */
export function openTls(log: Logger): DaemonTls {
  const tls = daemonTls(process.env, (level, message) => log[level === 'warn' ? 'warning' : 'error'](message));
  if (tls === undefined) return { tls, onHangup: undefined };
  const { requiresClientCertificates, verifiesServers = false, supportsDowngrade } = tls.settings;
  log.info('Speaking TLS', {
    ...{ certificate: tls.own?.subject, valid_to: tls.own?.validTo, verifies_servers: verifiesServers },
    ...{ requires_client_certificates: requiresClientCertificates, supports_downgrade: supportsDowngrade },
  });
  const onHangup = () => {
    if (tls.reload())
      log.info('Read keys and certificates again', { certificate: tls.own?.subject, valid_to: tls.own?.validTo });
  };
  return { tls, onHangup };
}
