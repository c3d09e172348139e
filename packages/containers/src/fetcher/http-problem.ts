import { networkProblem } from '@meseta/system';
import { FetchError } from './fetch-error.ts';
import { StallError } from './stall-watch.ts';
import { cut } from './uri-failure.ts';

/**
 * Error codes of the HTTP library are removed from messages; those of the system stay, so that they can be searched
 * for.
 */
const libraryCode = / \((UND_ERR_\w+|HTTPParserError|HPE_\w+)\)/;
/** The maximum length of the HTTP library's text in a message. */
const ownWords = 120;

/** Explains an error of a download and what the task's owner can do about it, without the words of the HTTP library. */
export function httpProblem(error: unknown, url: URL, stallTimeoutMs: number): unknown {
  if (error instanceof FetchError || !(error instanceof Error)) return error;
  const { code, errno } = error as NodeJS.ErrnoException;
  if (error instanceof StallError || code === 'UND_ERR_HEADERS_TIMEOUT') {
    const seconds = stallTimeoutMs / 1000;
    const help = 'try again, or give it more time with --fetcher_stall_timeout of the agent';
    return new FetchError(`The transfer stalled: ${url.host} sent nothing for ${seconds} s; ${help}`, { cause: error });
  }
  const problem = hostProblem(error) ?? networkProblem(error, url.host)?.replace(libraryCode, '');
  if (problem !== undefined) return new FetchError(capitalized(problem), { cause: error });
  // An error of the file that is written: the system's message is clear enough.
  if (typeof errno === 'number') return error;
  const tell = 'look into the log of the server, or of the proxy in between';
  const said = cut(error.message || error.name, ownWords);
  return new FetchError(`The transfer from ${url.host} failed: ${said}; ${tell}`, { cause: error });
}

/** Explains that a host name could not be resolved. */
function hostProblem(error: Error): string | undefined {
  const { code, hostname, cause } = error as NodeJS.ErrnoException & { readonly hostname?: string };
  const host = `Cannot find the host '${hostname}'`;
  if (code === 'ENOTFOUND') return `${host}: check its spelling, and the name servers`;
  if (code === 'EAI_AGAIN') return `${host}: no name server answers; check /etc/resolv.conf, or try again`;
  return cause instanceof Error && cause !== error ? hostProblem(cause) : undefined;
}

/** Explains an HTTP status and what to do about it. */
export function statusProblem(status: number): string {
  return `The server answered with status ${status}: ${help(status)}`;
}

function help(status: number): string {
  if (status === 401) return 'it wants a user, as in http://user:password@host/path';
  if (status === 403) return 'it does not give the file to this user and machine';
  if (status === 404 || status === 410) return 'it has no such file; check the path';
  if (status === 407) return "the proxy wants a user, in the proxy variables of the agent's environment";
  if (status === 429) return 'it is asked too often; try again later';
  if (status >= 500) return 'it failed; look into its log, or try again';
  return 'a file comes with status 200';
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
