/** The progress of pulls and pushes. */
import { Fields } from './fields.ts';

/** One message of the stream of a pull. */
export interface PullProgress {
  /** The layer, or the tag; empty for messages about the whole. */
  readonly id: string;
  /** `Downloading`, `Pull complete`, … */
  readonly status: string;
  /** Bytes; zero when they are not known. */
  readonly current: number;
  readonly total: number;
  /** Why the pull failed; undefined while it does not. */
  readonly error: string | undefined;
}

/** Reads one message. */
export function readProgress(json: unknown): PullProgress {
  const fields = new Fields(json, 'the progress');
  const detail = fields.object('progressDetail');
  const error = fields.text('error') || fields.object('errorDetail').text('message');
  return {
    id: fields.text('id'),
    status: fields.text('status') || fields.text('stream').trim(),
    current: detail.number('current'),
    total: detail.number('total'),
    error: error === '' ? undefined : error,
  };
}
