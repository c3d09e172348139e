/** Returns the message of the error that a parser throws, for checks of flags; undefined when it throws none. */
export function problemOf(parse: () => unknown): string | undefined {
  try {
    parse();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}
