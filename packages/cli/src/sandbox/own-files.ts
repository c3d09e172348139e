/** Reads files of an agent in this process. */
import { type Files, FilesError, fileContent } from '@meseta/daemon';
import { FAILURES, HttpAnswerError } from '@meseta/process';
import { emptyPart, type FilePart, type FileSource } from './file-source.ts';

/** Reads files from disk, with the same checks as the agent's files endpoints, but without HTTP. */
export class OwnFiles implements FileSource {
  readonly #files: Files;

  constructor(files: Files) {
    this.#files = files;
  }

  async open(path: string, offset: number, end = Number.POSITIVE_INFINITY): Promise<FilePart> {
    const { handle, size, id } = await this.#download(path);
    if (offset < size) {
      return { size, id, body: fileContent(handle, offset, Math.min(size, end)), cancel: () => handle.close() };
    }
    await handle.close();
    return emptyPart(size, id);
  }

  async close(): Promise<void> {
    // the agent closes its files
  }

  async #download(path: string) {
    try {
      return await this.#files.download(path);
    } catch (cause) {
      if (cause instanceof FilesError) throw asAnswered(cause);
      throw cause;
    }
  }
}

/** As the agent would say it over HTTP. */
function asAnswered(cause: FilesError): HttpAnswerError {
  const { failure, message } = cause;
  return new HttpAnswerError(FAILURES[failure].status, message, { reason: failure, cause });
}
