/** What is wrong with a layer's archive. It travels from the thread that unpacks to the agent's. */
export class LayerError extends Error {
  override readonly name = 'LayerError';
  /** The entry as the archive writes it, made printable; undefined when the archive as a whole is wrong. */
  readonly entry: string | undefined;

  constructor(message: string, options: { readonly entry?: string | undefined; readonly cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.entry = options.entry;
  }
}

/** The length of an entry's name in messages: hostile ones can be long. */
const shownLength = 200;

/**
 * Returns a path of an archive for messages.
 *
 * @param path its bytes, one character each.
 */
export function shownPath(path: string): string {
  const text = Buffer.from(path, 'latin1').toString('utf8');
  const escaped = (character: string) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  const printable = text.replace(/[\u0000-\u001f\u007f]/g, escaped);
  return printable.length <= shownLength ? printable : `${printable.slice(0, shownLength - 1)}…`.toWellFormed();
}
