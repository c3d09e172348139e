import { readCreated, readExec } from './answers.ts';
import type { EngineExecs } from './docker-engine.ts';
import { noDetachKeys } from './no-detach-keys.ts';
import { containerPath, execPath } from './paths.ts';
import { attachedStream } from './streams.ts';
import type { EngineRequest, EngineTransport } from './transport.ts';
import { unlessMissing } from './unless-missing.ts';

/** The commands in containers of the engine behind a transport. */
export function engineExecs(transport: EngineTransport): EngineExecs {
  return {
    async create(container, { cmd, env, user, workingDir, tty = false, privileged = false, stdin = false }, options) {
      const json = {
        Cmd: cmd,
        Env: env,
        User: user,
        WorkingDir: workingDir,
        Tty: tty,
        ...(tty && { DetachKeys: noDetachKeys }),
        Privileged: privileged,
        AttachStdin: stdin,
        AttachStdout: true,
        AttachStderr: true,
      };
      const action = `run a command in container ${container}`;
      const path = `${containerPath(transport, container, action)}/exec`;
      const { id } = await transport.json({ action, method: 'POST', path, json, ...options }, readCreated);
      return id;
    },
    async start(id, { tty, ...options }) {
      const action = `start command ${id}`;
      const request: EngineRequest = {
        action,
        method: 'POST',
        path: `${execPath(transport, id, action)}/start`,
        json: { Detach: false, Tty: tty }, // the keys are those of its creation
        ...options,
      };
      return attachedStream(transport, await transport.upgrade(request), tty, request);
    },
    async inspect(id, options) {
      const action = `inspect command ${id}`;
      const request = { action, method: 'GET', path: `${execPath(transport, id, action)}/json` } as const;
      return unlessMissing(transport.json({ ...request, ...options }, readExec), undefined);
    },
    async resize(id, rows, columns, options) {
      const query = { h: rows, w: columns };
      const action = `resize the terminal of command ${id}`;
      const path = `${execPath(transport, id, action)}/resize`;
      await transport.call({ action, method: 'POST', path, query, ...options });
    },
  };
}
