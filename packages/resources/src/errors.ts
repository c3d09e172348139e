/** A text cannot be parsed as resources or attributes. The message is Mesos's, without a prefix that names the flag. */
export class ResourceParseError extends Error {
  override readonly name = 'ResourceParseError';
  readonly code = 'RESOURCE_PARSE';
}

/** Resources are well-formed but not allowed. The message is Mesos's. */
export class InvalidResourceError extends Error {
  override readonly name = 'InvalidResourceError';
  readonly code = 'RESOURCE_INVALID';
}
