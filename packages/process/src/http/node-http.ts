/**
 * What this package uses of `node:http`. An `import` of that reads all its exports, among them those of the browser's
 * WebSocket, which load some 15 MiB of code that daemons never run.
 */
import type http from 'node:http';

/** The values. */
export const { createServer, ServerResponse, STATUS_CODES } = process.getBuiltinModule('node:http');

/** The type of the class. */
export type ServerResponse = http.ServerResponse;
