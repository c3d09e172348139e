/**
 * A call about a container was refused. The message is for the client.
 *
 * - `PARENT_UNKNOWN`: the container that it is to be nested in does not run
 * - `UNSUPPORTED`: no containerizer can do what is asked for
 * - `SANDBOX`: its sandbox could not be made
 * - `NOT_ENDED`: it must end before it can be removed
 * - `ROOT_UNKNOWN`: there is no container at its root
 */
export class ContainerCallError extends Error {
  override readonly name = 'ContainerCallError';
  readonly code: 'PARENT_UNKNOWN' | 'UNSUPPORTED' | 'SANDBOX' | 'NOT_ENDED' | 'ROOT_UNKNOWN';

  constructor(code: ContainerCallError['code'], message: string, options?: { readonly cause: unknown }) {
    super(message, options);
    this.code = code;
  }
}
