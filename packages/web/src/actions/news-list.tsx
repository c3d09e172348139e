import { useActionNews, useNewsLines } from './use-news.ts';

/** What became of the user's actions. It stays until it is dismissed, on all pages. */
export function ActionNewsList() {
  const news = useActionNews();
  const lines = useNewsLines();
  return (
    <div className="news" role="status" aria-label="What became of your actions">
      {lines.map(({ id, state, text }) => (
        <p key={id} className="news-line" data-state={state}>
          {text}{' '}
          <button type="button" aria-label={`Dismiss: ${text}`} onClick={() => news.dismiss(id)}>
            Dismiss
          </button>
        </p>
      ))}
    </div>
  );
}
