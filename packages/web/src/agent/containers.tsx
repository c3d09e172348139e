import type { AgentResponse, AgentResponseGetContainersContainer } from '@meseta/protocol/browser';
import { Link } from '@tanstack/react-router';
import { useMemo } from 'react';
import { addresses } from '../addresses.ts';
import { useAnswer } from '../answers/use-answer.ts';
import { WhenAnswered } from '../answers/when-answered.tsx';
import { queryAgent } from '../requests/operator-api.ts';
import { Poll } from '../requests/poll.ts';
import { usePrincipal } from '../session/hooks.ts';
import { bytes, count, trimmed } from '../ui/format.ts';
import { PlainTable } from '../ui/plain-table.tsx';

/** How often containers are asked for: agents measure each of them for the answer. */
const EVERY_MS = 5000;

/** Containers that are listed. */
const LISTED = 500;

/** The executors of an agent with their containers, and what these use now. Asked of the agent, through the master. */
export function AgentContainers({ agentId }: { readonly agentId: string }) {
  const poll = useMemo(() => containersOf(agentId), [agentId]);
  const answer = useAnswer(poll);
  const principal = usePrincipal();
  return (
    <WhenAnswered what="The containers" answer={answer} from="The agent">
      {containers =>
        containers.length === 0 ? (
          <p className="quiet">No container {principal !== undefined && 'that you may see '}runs on this agent.</p>
        ) : (
          <ContainerTable containers={containers} />
        )
      }
    </WhenAnswered>
  );
}

function containersOf(agentId: string): Poll<readonly AgentResponseGetContainersContainer[]> {
  const call = { type: 'GET_CONTAINERS', get_containers: { show_nested: true, show_standalone: true } };
  return new Poll({
    everyMs: EVERY_MS,
    ask: async signal => (await queryAgent<AgentResponse>(agentId, call, signal)).get_containers?.containers ?? [],
  });
}

const columns = ['Container', 'Executor', 'Framework', 'Process', 'CPU time', 'CPUs limit', 'Memory', 'Memory limit'];

function ContainerTable({ containers }: { readonly containers: readonly AgentResponseGetContainersContainer[] }) {
  return (
    <>
      <PlainTable label="Containers" columns={columns}>
        {containers.slice(0, LISTED).map(container => (
          <ContainerRow key={nameOf(container.container_id)} container={container} />
        ))}
      </PlainTable>
      {containers.length > LISTED && <p className="quiet">and {count(containers.length - LISTED, 'container')} more</p>}
    </>
  );
}

function ContainerRow({ container }: { readonly container: AgentResponseGetContainersContainer }) {
  const {
    framework_id,
    executor_id,
    container_id,
    container_status,
    resource_statistics: used = undefined,
  } = container;
  const seconds = (used?.cpus_user_time_secs ?? 0) + (used?.cpus_system_time_secs ?? 0);
  return (
    <tr>
      <th scope="row">{nameOf(container_id)}</th>
      <td>{executor_id?.value ?? <span className="quiet">none: stands alone</span>}</td>
      <td>{framework_id && <Link to={addresses.framework(framework_id.value)}>{framework_id.value}</Link>}</td>
      <td>{container_status?.executor_pid}</td>
      <td>{used?.cpus_user_time_secs !== undefined && `${trimmed(seconds)} s`}</td>
      <td>{used?.cpus_limit !== undefined && trimmed(used.cpus_limit)}</td>
      <td>{used?.mem_rss_bytes !== undefined && bytes(used.mem_rss_bytes)}</td>
      <td>{used?.mem_limit_bytes !== undefined && bytes(used.mem_limit_bytes)}</td>
    </tr>
  );
}

type ContainerId = AgentResponseGetContainersContainer['container_id'];

/** Returns the id of a container behind those that it is in: `pod.task`. */
const nameOf = ({ value, parent }: ContainerId): string => (parent ? `${nameOf(parent)}.${value}` : value);
