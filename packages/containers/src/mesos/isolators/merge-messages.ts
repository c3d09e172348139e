/** A message of any kind. */
export type Json = Record<string, unknown>;

const isMessage = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Merges two messages as protobuf's `MergeFrom` does: lists are appended, messages are merged field by field; of other
 * fields, the second message's value counts.
 */
export function mergeMessages(before: Json, after: Json): Json {
  const merged = { ...before };
  for (const [field, value] of Object.entries(after)) {
    const old = merged[field];
    if (Array.isArray(old) && Array.isArray(value)) merged[field] = [...old, ...value];
    else if (isMessage(old) && isMessage(value)) merged[field] = mergeMessages(old, value);
    else if (value !== undefined) merged[field] = value;
  }
  return merged;
}
