import { userInfo } from 'node:os';

/** The user whose process this is. A user without a name, as containers have them, is named by number. */
export function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? 'nobody');
  }
}
