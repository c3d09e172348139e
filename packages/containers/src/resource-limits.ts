/** Limits of resources that may be used beyond the allocated ones, by resource name; `Infinity` means none. */
export type ResourceLimits = Readonly<Record<string, number>>;
