import type { MasterCall } from '@meseta/protocol/browser';
import { useState } from 'react';
import { change } from '../requests/operator-api.ts';
import type { Poll } from '../requests/poll.ts';
import { asRequestError, type RequestError } from '../requests/request.ts';

/** A change that is under way, or has failed. */
export interface Change {
  readonly isBusy: boolean;
  readonly problem: RequestError | undefined;
  /** Forgets why the last one failed. */
  forget(): void;
  /** Makes the call, or the one that is made first. @returns whether the master has done it. */
  apply(call: MasterCall | (() => Promise<MasterCall>)): Promise<boolean>;
}

/** Makes changes by the operator API, and asks after each for what they are about. */
export function useChange(about: Poll<unknown>): Change {
  const [problem, setProblem] = useState<RequestError>();
  const [isBusy, setBusy] = useState(false);
  const apply: Change['apply'] = async call => {
    setBusy(true);
    setProblem(undefined);
    try {
      await change(typeof call === 'function' ? await call() : call);
      await about.refresh();
      return true;
    } catch (error) {
      setProblem(asRequestError(error));
      return false;
    } finally {
      setBusy(false);
    }
  };
  return { isBusy, problem, apply, forget: () => setProblem(undefined) };
}
