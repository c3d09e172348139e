import { readCreated, readExec } from './answers.ts';
import type { EngineExecs } from './docker-engine.ts';
import { attachedStream } from './streams.ts';
import type { EngineRequest, EngineTransport } from './transport.ts';
import { unlessMissing } from './unless-missing.ts';

/** The commands in containers of the engine behind a transport. */
export function engineExecs(transport: EngineTransport): EngineExecs {
  return {
    async create(container, { cmd, env, user, workingDir, tty = false, privileged = false, stdin = false }, options) {
      const path = `/containers/${encodeURIComponent(container)}/exec`;
      const json = {
        Cmd: cmd,
        Env: env,
        User: user,
        WorkingDir: workingDir,
        Tty: tty,
        Privileged: privileged,
        AttachStdin: stdin,
        AttachStdout: true,
        AttachStderr: true,
      };
      const action = `run a command in container ${container}`;
      const { id } = await transport.json({ action, method: 'POST', path, json, ...options }, readCreated);
      return id;
    },
    async start(id, { tty, ...options }) {
      const request: EngineRequest = {
        action: `start command ${id}`,
        method: 'POST',
        path: `${pathOf(id)}/start`,
        json: { Detach: false, Tty: tty },
        ...options,
      };
      return attachedStream(transport, await transport.upgrade(request), tty, request);
    },
    inspect(id, options) {
      const request = { action: `inspect command ${id}`, method: 'GET', path: `${pathOf(id)}/json` } as const;
      return unlessMissing(transport.json({ ...request, ...options }, readExec), undefined);
    },
    async resize(id, rows, columns, options) {
      const query = { h: rows, w: columns };
      const action = `resize the terminal of command ${id}`;
      await transport.call({ action, method: 'POST', path: `${pathOf(id)}/resize`, query, ...options });
    },
  };
}

function pathOf(id: string): string {
  return `/exec/${encodeURIComponent(id)}`;
}
