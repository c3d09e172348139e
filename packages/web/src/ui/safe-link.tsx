/** Links to an address that a framework gave. Only `http:` and `https:` become links, because `javascript:` would run in this page; others are shown as text. */
export function SafeLink({ url }: { readonly url: string }) {
  const scheme = URL.canParse(url) ? new URL(url).protocol : '';
  if (scheme !== 'http:' && scheme !== 'https:') return <span>{url}</span>;
  return (
    <a href={url} target="_blank" rel="noreferrer noopener">
      {url}
    </a>
  );
}
