/** A part of a file. */
export interface FilePart {
  /** The size of the whole file in bytes, at this moment. */
  readonly size: number;
  /** Identifies the file, under any name; undefined where the agent does not tell (those of Apache Mesos). */
  readonly id?: string | undefined;
  /**
   * The bytes from the requested offset on; empty when the file has no more. Leaving a loop over it ends the transfer.
   */
  readonly body: AsyncIterable<Buffer>;
  /** Ends the transfer of a body that was not read. */
  cancel(): Promise<void>;
}

/** A source of files of sandboxes. */
export interface FileSource {
  /**
   * Opens a file.
   *
   * @param path virtual, as in the agent's files endpoints.
   * @param offset of the first byte; beyond the end, the part is empty.
   * @param end of the part, exclusive; by default the file's end.
   * @throws {HttpAnswerError} 404 when there is no such file (yet), other statuses when it is refused; {HttpConnectionError}
   * when the agent does not answer, also while the body is read.
   */
  open(path: string, offset: number, end?: number): Promise<FilePart>;
  /**
   * Checks whether the files have moved to another address since the last `open`. Absent when they cannot move.
   *
   * @returns true when they have.
   */
  lookAgain?(path: string): Promise<boolean>;
  close(): Promise<void>;
}

/** Makes an empty part. */
export function emptyPart(size: number, id?: string): FilePart {
  return { size, id, body: nothing(), cancel: async () => undefined };
}

async function* nothing(): AsyncGenerator<Buffer> {}
