import { Link } from '@tanstack/react-router';
import { addresses } from '../addresses.ts';
import { useObject } from '../feed/hooks.ts';

/** A link to an agent or a framework by its name, with its id. What the page does not know, or may not see, has its id only. */
export function ThingLink({ table, id }: { readonly table: 'agents' | 'frameworks'; readonly id: string }) {
  const row = useObject(table, id)?.row;
  const name = String((table === 'agents' ? row?.hostname : row?.name) ?? '');
  const to = table === 'agents' ? addresses.agent(id) : addresses.framework(id);
  return name === '' ? (
    <Link to={to}>{id}</Link>
  ) : (
    <>
      <Link to={to}>{name}</Link> <span className="quiet">{id}</span>
    </>
  );
}
