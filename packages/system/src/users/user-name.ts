import { userInfo } from 'node:os';

/** Returns the name of this process's user; the number when it has no name, as in containers. */
export function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? 'nobody');
  }
}
