/** An object of JSON. Plugins know fields that the agent does not, so nothing is left out of it. */
export interface JsonObject {
  readonly [field: string]: unknown;
}

/** Tells whether a value is an object, neither a list nor null. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
