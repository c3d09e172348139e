import { networkProblem } from '@meseta/system';
import { ImageError } from '../image-error.ts';

/** Explains an error of a connection to a registry. @returns an `ImageError`; errors of files are returned as they are. */
export function connectionProblem(error: unknown, host: string, stallTimeoutMs: number): unknown {
  if (error instanceof ImageError || !(error instanceof Error)) return error;
  const { code, errno } = error as NodeJS.ErrnoException;
  if (code === 'UND_ERR_HEADERS_TIMEOUT' || code === 'UND_ERR_BODY_TIMEOUT') {
    const seconds = stallTimeoutMs / 1000;
    const help = 'try again, or give it more time with --docker_stall_timeout of the agent';
    return new ImageError('REGISTRY', `${host} sent nothing for ${seconds} s; ${help}`, { cause: error });
  }
  const problem = networkProblem(error, host);
  if (problem !== undefined) return new ImageError('REGISTRY', problem, { cause: error });
  if (typeof errno === 'number') return error;
  return new ImageError('REGISTRY', `the connection to ${host} failed: ${error.message}`, { cause: error });
}

/** Explains the answer of a registry. */
export function statusProblem(status: number, host: string, what: string): ImageError {
  if (status === 401) {
    const help = 'there is no such image, or it wants another account; accounts are in --docker_config of the agent';
    return new ImageError('UNAUTHORIZED', `${host} does not give ${what} away (status 401): ${help}`);
  }
  if (status === 403) {
    return new ImageError('UNAUTHORIZED', `${host} does not give ${what} to this account (status 403)`);
  }
  if (status === 404) return new ImageError('NOT_FOUND', `${host} has no ${what}; check the name and the tag`);
  if (status === 429) return new ImageError('REGISTRY', `${host} is asked too often (status 429); try again later`);
  const help = status >= 500 ? 'look into its log, or try again' : 'is it a registry?';
  return new ImageError('REGISTRY', `${host} answered with status ${status} when it was asked for ${what}: ${help}`);
}

/** Tells whether another try can succeed: the connection broke, or the registry failed. */
export function isWorthAnotherTry(error: unknown, status: number | undefined): boolean {
  if (status !== undefined) return status >= 500 || status === 429 || status === 408;
  return error instanceof ImageError && error.code === 'REGISTRY';
}
