/**
 * A container network does not work. The message names the network, the container or the file, and says what to do.
 *
 * - `CNI_CONFIG`: the agent's flags or its network configurations are wrong
 * - `CNI_PLUGIN`: a plugin failed, hung or answered with what is no result
 */
export class CniError extends Error {
  override readonly name = 'CniError';
  readonly code: 'CNI_CONFIG' | 'CNI_PLUGIN';

  constructor(code: CniError['code'], message: string, options?: { readonly cause: unknown }) {
    super(message, options);
    this.code = code;
  }
}
