/** Receives failures worth a log line; nothing that a client can cause at will is reported above `warn`. */
export type Report = (level: 'warn' | 'error', message: string, error?: unknown) => void;
