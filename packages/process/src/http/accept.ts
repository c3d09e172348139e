import { listed } from './media-type.ts';

/** Tells whether an Accept header allows a media type. Without the header every type is allowed; `q=0` forbids one. */
export function accepts(accept: string | undefined, type: string): boolean {
  if (accept === undefined || accept.trim() === '') return true;
  const family = `${type.slice(0, type.indexOf('/'))}/*`;
  const all = choices(accept);
  // The most specific choice decides.
  const choice = [type, family, '*/*'].map(wanted => all.find(({ name }) => name === wanted)).find(Boolean);
  return choice !== undefined && choice.q > 0;
}

/** Tells whether an Accept-Encoding header allows gzip. Without the header it is not allowed. */
export function acceptsGzip(accept: string | undefined): boolean {
  return acceptsCoding(accept, 'gzip');
}

/** Tells whether an Accept-Encoding header allows a coding, such as `br`. Without the header none is allowed. */
export function acceptsCoding(accept: string | undefined, coding: string): boolean {
  if (accept === undefined) return false;
  const all = choices(accept);
  const choice =
    all.find(({ name }) => name === coding || name === `x-${coding}`) ?? all.find(({ name }) => name === '*');
  return choice !== undefined && choice.q > 0;
}

function choices(value: string): { name: string; q: number }[] {
  return listed(value).map(choice => {
    const [name = '', ...parameters] = listed(choice, ';');
    const q = parameters.find(parameter => /^q\s*=/i.test(parameter));
    return { name: name.toLowerCase(), q: q === undefined ? 1 : Number(q.slice(q.indexOf('=') + 1)) || 0 };
  });
}
