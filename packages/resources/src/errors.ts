/** Text that is no resources or attributes. The message is Mesos's, without a prefix naming the flag. */
export class ResourceParseError extends Error {
  override readonly name = 'ResourceParseError';
  readonly code = 'RESOURCE_PARSE';
}

/** Resources of the right shape that may not be: the message is Mesos's. */
export class InvalidResourceError extends Error {
  override readonly name = 'InvalidResourceError';
  readonly code = 'RESOURCE_INVALID';
}
