/** A message from a peer cannot be decoded. The text names the field and becomes the body of a 400 response. */
export class DecodeError extends Error {
  override readonly name = 'DecodeError';
  readonly code = 'DECODE_FAILED';
}

/** A message cannot be encoded: a required field is missing, or a value does not fit its field. */
export class EncodeError extends Error {
  override readonly name = 'EncodeError';
  readonly code = 'ENCODE_FAILED';
}
