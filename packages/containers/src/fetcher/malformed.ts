const maximumPort = 65_535;

/** Explains what is wrong with a URL that cannot be parsed. */
export function malformedUri(uri: string): string {
  const [, authority = ''] = /^[^/]*:\/\/([^/?#]*)/.exec(uri) ?? [];
  const [, host = '', port = ''] = /^(\[[^\]]*\]?|[^:[]*)(?::(.*))?$/.exec(authority.replace(/^.*@/s, '')) ?? [];
  if (host === '') return 'Malformed URI: it names no host, as in http://host/path';
  if (!/^\d*$/.test(port) || Number(port) > maximumPort) {
    return `Malformed URI: '${port}' is no port; a port is a number up to ${maximumPort}`;
  }
  return `Malformed URI: '${host}' is no name and no address of a host`;
}
