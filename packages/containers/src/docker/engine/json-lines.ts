/** Streams of JSON values, one a line, as pulls and events bring them. */

/** A line is longer than is read. */
export class LineTooLong extends Error {
  override readonly name = 'LineTooLong';
}

const maximumLineBytes = 1024 * 1024;
const newline = 10;

/**
 * Reads a stream of JSON values with line ends between them. A last line without an end is read, too.
 *
 * @throws {SyntaxError} when a line is no JSON; {@link LineTooLong}
 */
export async function* jsonLines(source: AsyncIterable<Buffer>): AsyncGenerator<unknown, void, undefined> {
  let pieces: Buffer[] = [];
  let length = 0;
  const take = (last: Buffer): string => {
    const text = Buffer.concat([...pieces, last])
      .toString('utf8')
      .trim();
    pieces = [];
    length = 0;
    return text;
  };
  for await (const chunk of source) {
    let start = 0;
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, start)) {
      const text = take(chunk.subarray(start, end));
      start = end + 1;
      if (text !== '') yield JSON.parse(text);
    }
    const rest = chunk.subarray(start);
    length += rest.length;
    if (length > maximumLineBytes) throw new LineTooLong(`a line has more than ${maximumLineBytes} bytes`);
    if (rest.length > 0) pieces.push(rest);
  }
  const text = take(Buffer.alloc(0));
  if (text !== '') yield JSON.parse(text);
}
