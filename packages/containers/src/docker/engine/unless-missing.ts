import { EngineError } from './error.ts';

/** Returns what the call does, or `otherwise` when the engine has no such thing. */
export async function unlessMissing<T, U>(call: Promise<T>, otherwise: U): Promise<T | U> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof EngineError && error.code === 'NOT_FOUND') return otherwise;
    throw error;
  }
}
