/** Accounts of registries, in the form that the engine takes them. */

/** An account of a registry. */
export interface RegistryAccount {
  readonly username?: string;
  readonly password?: string;
  /** In place of a password: a token that others are got with. */
  readonly identitytoken?: string;
  /** The registry's host. */
  readonly serveraddress: string;
}

/** Returns the headers that an account is sent in. */
export function accountHeaders(account: RegistryAccount | undefined): Readonly<Record<string, string>> {
  if (account === undefined) return {};
  // Engines take the alphabet of URLs, but only with the padding, which Node.js leaves out there.
  const text = Buffer.from(JSON.stringify(account)).toString('base64').replaceAll('+', '-').replaceAll('/', '_');
  return { 'x-registry-auth': text };
}
