/** What is there of a file when somebody looks. */
export interface FilePart {
  /** Of the whole file, in bytes, at this moment. */
  readonly size: number;
  /** From the offset that was asked for on; nothing where the file has no more. Leaving a loop over it ends it. */
  readonly body: AsyncIterable<Buffer>;
  /** Ends a body that nobody begins to read. */
  cancel(): Promise<void>;
}

/** Where files of sandboxes are read from. */
export interface FileSource {
  /**
   * Opens a file.
   *
   * @param path virtual, as the agent's files endpoints have it.
   * @param offset of the first byte; beyond the end there is nothing to read.
   * @param end of what is wanted, exclusive; the file's own by default.
   * @throws {HttpAnswerError} 404 when there is no such file (yet), other statuses when it is refused; {HttpConnectionError}
   *   when the agent does not answer, also from the body.
   */
  open(path: string, offset: number, end?: number): Promise<FilePart>;
  /**
   * Finds out whether the files are somewhere else than where `open` looked for one last, where they can be.
   *
   * @returns true when they are.
   */
  lookAgain?(path: string): Promise<boolean>;
  close(): Promise<void>;
}

/** A part that has nothing. */
export function emptyPart(size: number): FilePart {
  return { size, body: nothing(), cancel: async () => undefined };
}

async function* nothing(): AsyncGenerator<Buffer> {}
