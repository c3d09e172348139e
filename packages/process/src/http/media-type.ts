const TOKEN = "[\\w!#$%&'*+.^`|~-]+";
const PARAMETERS = `(?:\\s*;\\s*(?:${TOKEN}=(?:${TOKEN}|"(?:[^"\\\\]|\\\\.)*"))?)*`;
const MEDIA_TYPE = new RegExp(`^\\s*(${TOKEN}/${TOKEN})(${PARAMETERS})\\s*$`);
const CHARSET = /;\s*charset\s*=\s*"?([^";\s]*)/i;

/**
 * The media type of a header in lower case, without parameters: `application/json` of `Application/JSON; charset=UTF-8`.
 * Undefined when it is malformed, or text in another encoding than UTF-8, which would be misread.
 *
 * @see RFC 9110, section 8.3.1
 */
export function mediaType(header: string): string | undefined {
  const [, type, parameters = ''] = MEDIA_TYPE.exec(header) ?? [];
  const charset = CHARSET.exec(parameters)?.[1];
  const isReadable = charset === undefined || /^(utf-?8|us-ascii)$/i.test(charset);
  return isReadable ? type?.toLowerCase() : undefined;
}

/** The elements of a header's list, split at commas that are not quoted. */
export function listed(header: string, separator: ',' | ';' = ','): string[] {
  if (!header.includes('"')) return header.split(separator).map(part => part.trim());
  const parts = header.match(new RegExp(`(?:[^"${separator}]|"(?:[^"\\\\]|\\\\.)*"?)+`, 'g')) ?? [];
  return parts.map(part => part.trim());
}
