/** A link to an address that somebody else gave: only of the web, as `javascript:` would run in this page. Others are shown as text. */
export function SafeLink({ url }: { readonly url: string }) {
  const scheme = URL.canParse(url) ? new URL(url).protocol : '';
  if (scheme !== 'http:' && scheme !== 'https:') return <span>{url}</span>;
  return (
    <a href={url} target="_blank" rel="noreferrer noopener">
      {url}
    </a>
  );
}
