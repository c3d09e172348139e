/**
 * Explains to the task's owner why a tool of the machine failed; undefined when its own message is the best there is.
 */
import { noRoom } from './fetch-error.ts';
import { malformedUri } from './malformed.ts';
import type { Explain, ToolEnd } from './tool.ts';
import { cut, cutInside } from './uri-failure.ts';

const toolLength = 160;
/** The exit status of the script that copies, for a device. */
const isDevice = 99;

/**
 * Explains a failure of cp, which copies a local file. @param below the directory that the URI's path is relative to.
 */
export function copyProblem(below: string | undefined): Explain {
  return ({ code, stderr }) => {
    if (code === isDevice) return 'It is a device, and only files are fetched';
    if (/omitting directory/.test(stderr)) {
      return 'It is a directory, and only files are fetched: pack it into an archive, which is extracted';
    }
    const [, reason = ''] = /: ([^:]+)$/.exec(stderr.trim()) ?? [];
    if (reason === 'No such file or directory') {
      return `No such file on the agent's machine${below === undefined ? '' : `, below --frameworks_home=${below}`}`;
    }
    if (reason === 'Not a directory') return 'A part of its path is a file, not a directory';
    if (reason === 'Permission denied') {
      return "Permission denied: the task's user may not read the file, or not enter a directory that it is in";
    }
    if (reason === 'Too many levels of symbolic links') return 'The symbolic links of its path lead in a circle';
    return undefined;
  };
}

const connectionEnded = 'broke the connection off: look into its log, or try again';
const ftpFailures: Readonly<Record<number, (host: string, uri: string) => string>> = {
  3: (_, uri) => malformedUri(uri),
  6: host => `Cannot find the host '${withoutPort(host)}': check its spelling, and the name servers`,
  7: host => `No connection to ${host}: check that the server runs, its port, and the firewalls in between`,
  8: host => `${host} does not answer in FTP: check the port and the scheme`,
  9: () => 'The server does not let this user into the directory; check the path, and the user',
  18: host => `${host} ${connectionEnded}`,
  19: () => 'The server does not give the file to this user; check the path, and the user',
  28: host => `The transfer stalled: ${host} sent nothing for the time of --fetcher_stall_timeout of the agent`,
  35: host => `${host} does not speak TLS as this machine does: check the port and the scheme`,
  52: host => `${host} ${connectionEnded}`,
  56: host => `${host} ${connectionEnded}`,
  60: host => `The certificate of ${host} is not trusted: install its authority on the agent's machine`,
  64: host => `${host} does not speak TLS: check the scheme`,
  67: () => 'The server refuses the user or the password, as in ftp://user:password@host/path',
  78: () => 'The server has no such file; check the path',
};
const curlCannotWrite = 23;

/** Explains a failure of curl. @param isFull tells whether the disk is full. */
export function ftpProblem(uri: string, isFull: () => Promise<boolean>): Explain {
  return async ({ code = 0 }) => {
    if (code === curlCannotWrite && (await isFull())) return noRoom('ENOSPC');
    const host = /:\/\/(?:[^/]*@)?([^/?#]*)/.exec(uri)?.[1] ?? '';
    return ftpFailures[code]?.(host, uri);
  };
}

const withoutPort = (host: string) => host.replace(/:\d*$/, '');

/** Explains a failure of Hadoop's client: the error follows its log. */
export function hadoopProblem({ stderr }: ToolEnd): string | undefined {
  const said = linesOf(stderr).find(line => /^(copyToLocal|cat): /.test(line));
  return said && `Hadoop's client failed: ${cut(said.replace(/^\w+: /, ''), toolLength)}`;
}

/** Explains a failure of tar, or of the program that it decompresses with. @param name of the archive. */
export function tarProblem(name: string): Explain {
  const broken =
    /does not look like a tar archive|Unexpected EOF|not in gzip format|not a bzip2 file|format not recognized|(Unexpected|unexpected) end of|data error|corrupt|crc error/;
  return ({ stderr }) => {
    if (/: Wrote only \d+ of \d+ bytes$/m.test(stderr)) return noRoom('ENOSPC');
    const [, missing] = /^tar \(child\): (\w+): Cannot exec/m.exec(stderr) ?? [];
    if (missing !== undefined) return `${missing} is not installed on the agent's machine`;
    if (broken.test(stderr)) return `'${name}' is broken, or no tar archive as its name says`;
    // Lines about members come first, then those about tar itself.
    const member = linesOf(stderr).find(line => !/^tar: (Removing leading|Exiting|Child returned)/.test(line));
    return member && `Cannot extract '${name}': ${cutInside(member.replace(/^tar: /, ''), toolLength)}`;
  };
}

const zipFailures: Readonly<Record<number, string>> = {
  2: 'is broken',
  3: 'is broken',
  9: 'is broken, or no zip archive as its name says',
  5: 'is encrypted, and there is no password for it',
  81: 'is compressed in a way that unzip does not know',
  82: 'is encrypted, and there is no password for it',
};
const zipDiskFull = 50;

/** Explains a failure of unzip. @param path of the archive, as it was given to unzip. */
export function unzipProblem(name: string, path: string): Explain {
  return ({ code = 0, stderr }) => {
    const lines = linesOf(stderr);
    // For a member that it cannot create, unzip exits with the status of a full disk, or of a broken archive.
    const at = lines.findIndex(line => /^(checkdir error|error): /.test(line));
    if (code === zipDiskFull && (at < 0 || /No space left|quota exceeded/i.test(stderr))) return noRoom('ENOSPC');
    const member = lines[at];
    if (member !== undefined) {
      const said = member.replace(/^(checkdir error|error): +/, '').replaceAll(path, name);
      const why = said.startsWith('cannot create') ? lines.slice(at + 1, at + 2).map(line => `: ${line}`) : [];
      return `Cannot extract '${name}': ${cutInside(said, toolLength)}${why.join('')}`;
    }
    const failure = zipFailures[code];
    return failure && `'${name}' ${failure}`;
  };
}

/** Explains a failure of gzip. */
export function gzipProblem(name: string): Explain {
  return ({ stderr }) =>
    /stdin: (?!No space|Permission)/.test(stderr) ? `'${name}' is broken, or not compressed by gzip` : undefined;
}

function linesOf(text: string): string[] {
  return text
    .split('\n')
    .map(line => line.trim())
    .filter(Boolean);
}
