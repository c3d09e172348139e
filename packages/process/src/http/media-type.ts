const TOKEN = "[\\w!#$%&'*+.^`|~-]+";
const PARAMETERS = `(?:\\s*;\\s*(?:${TOKEN}=(?:${TOKEN}|"(?:[^"\\\\]|\\\\.)*"))?)*`;
const MEDIA_TYPE = new RegExp(`^\\s*(${TOKEN}/${TOKEN})(${PARAMETERS})\\s*$`);
const CHARSET = /;\s*charset\s*=\s*"?([^";\s]*)/i;

/**
 * Returns the media type of a header in lower case, without parameters: `application/json` for `Application/JSON;
 * charset=UTF-8`. Undefined when it is malformed, or names another encoding than UTF-8.
 *
 * @see RFC 9110, section 8.3.1
 */
export function mediaType(header: string): string | undefined {
  const [, type, parameters = ''] = MEDIA_TYPE.exec(header) ?? [];
  const charset = CHARSET.exec(parameters)?.[1];
  const isReadable = charset === undefined || /^(utf-?8|us-ascii)$/i.test(charset);
  return isReadable ? type?.toLowerCase() : undefined;
}

/** Returns the elements of a header's list, separated by commas that are not quoted. */
export function listed(header: string, separator: ',' | ';' = ','): string[] {
  if (!header.includes('"')) return header.split(separator).map(part => part.trim());
  const parts = header.match(new RegExp(`(?:[^"${separator}]|"(?:[^"\\\\]|\\\\.)*"?)+`, 'g')) ?? [];
  return parts.map(part => part.trim());
}
