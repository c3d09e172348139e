/** Principals, their secrets and a key in files, and requests as curl would send them. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after } from 'node:test';

/** A directory of the test file's, removed after its tests. */
export const directory = mkdtempSync(path.join(tmpdir(), 'authentication-'));
after(() => rmSync(directory, { recursive: true, force: true }));

/** A path in that directory. */
export const at = (name: string) => path.join(directory, name);

/** Writes a file of secrets. Returns its path. */
export function file(name: string, content: string, mode = 0o600): string {
  writeFileSync(at(name), content, { mode });
  return at(name);
}

/** The secret of the principal `ops`. */
export const secret = 'kite:surf-é';
/** A file with `ops` and `framework`. */
export const credentials = file(
  'credentials',
  JSON.stringify({
    credentials: [
      { principal: 'ops', secret },
      { principal: 'framework', secret: 'other-secret' },
    ],
  }),
);
/** A file with the key of tokens. */
export const key = file('key', 'k'.repeat(48));

/** The header of a name and a password. */
export const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;
/** The header of `ops`. */
export const ops = basic(`ops:${secret}`);

/** Flags of masters that ask frameworks who they are. */
export const frameworks = { authenticate_http_frameworks: true, http_framework_authenticators: 'basic' };
/** Flags of agents that ask executors. */
export const executors = { authenticate_http_executors: true, jwt_secret_key: key };

/** An answer with its whole body. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** A request as curl would send it, of which the body of an event stream is not read. */
export function ask(
  port: number,
  url: string,
  options: { method?: string; authorization?: string | undefined; body?: string; localAddress?: string } = {},
): Promise<HttpAnswer> {
  const { method = 'GET', authorization, body, localAddress } = options;
  const headers = {
    Accept: 'application/json',
    ...(authorization !== undefined && { Authorization: authorization }),
    ...(body !== undefined && { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) }),
  };
  return new Promise((resolve, reject) => {
    const sent = request({
      host: '127.0.0.1',
      port,
      path: url,
      method,
      headers,
      agent: false,
      ...(localAddress && { localAddress }),
    });
    sent.on('error', reject).on('response', response => {
      const { statusCode: status = 0, headers: received } = response;
      let text = '';
      response.setEncoding('utf8').on('data', piece => {
        text += piece;
      });
      response.on('end', () => resolve({ status, headers: received, body: text })).on('error', reject);
      if (received['mesos-stream-id'] !== undefined) {
        resolve({ status, headers: received, body: '' });
        sent.destroy();
      }
    });
    sent.end(body);
  });
}

/** The call of a framework. */
export const subscribe = (principal?: string) =>
  JSON.stringify({
    type: 'SUBSCRIBE',
    subscribe: {
      framework_info: {
        user: 'root',
        name: 'test',
        roles: ['*'],
        ...(principal !== undefined && { principal }),
      },
    },
  });
