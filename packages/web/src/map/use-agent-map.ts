import { useEffect, useState } from 'react';
import { useFeed } from '../feed/hooks.ts';
import type { MapMembers, MapValues } from '../store/agent-map.ts';

/** All agents as the map shows them. */
export interface MappedAgents {
  readonly members: MapMembers;
  readonly values: MapValues;
}

/** Returns all agents, now and when they change; undefined: the worker has not sent them yet. */
export function useAgentMap(): MappedAgents | undefined {
  const feed = useFeed();
  const [agents, setAgents] = useState<MappedAgents>();
  useEffect(() => {
    let members: MapMembers | undefined;
    const watch = feed.open(news => {
      if (news.type !== 'map') return;
      members = news.map.members ?? members;
      if (members) setAgents({ members, values: news.map.values });
    });
    watch.ask({ type: 'map' });
    return () => watch.close();
  }, [feed]);
  return agents;
}
