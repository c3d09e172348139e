import type { AccessControl } from '../access/access-control.ts';

/** The header that {@link principalOfHeader} believes. */
export const principalHeader = 'x-principal';

/** Authentication for tests of authorization: a request is that of the principal in its `X-Principal`. */
export const principalOfHeader: Pick<AccessControl, 'authenticate'> = {
  authenticate({ headers }) {
    const name = headers[principalHeader];
    return typeof name === 'string' ? { principal: { value: name } } : {};
  },
};
