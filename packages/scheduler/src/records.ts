import { type ClientResponse, refusalOf } from '@meseta/process';
import { fromJson, type MessageType, parseJson, type RecordDecoder } from '@meseta/protocol';

/**
 * Reads the JSON messages of a RecordIO response until it ends.
 *
 * @throws {HttpAnswerError} when the response is not a stream, with the daemon's message.
 */
export async function* readRecords<T>(
  response: ClientResponse,
  decoder: RecordDecoder,
  type: MessageType<T>,
): AsyncGenerator<T> {
  if (response.status !== 200) throw refusalOf(response, (await response.bytes()).toString());
  for await (const piece of response.body) {
    for (const record of decoder.push(piece)) yield fromJson(type, parseJson(record.toString()));
  }
}
