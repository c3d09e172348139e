import type { Task } from '@meseta/protocol/browser';
import type { ReactNode } from 'react';
import { useCan } from '../permissions/can.ts';
import { Notice } from '../ui/notice.tsx';

/** Shows what is read from the sandbox of a task, to those who may read it, and the reason to others. */
export function SandboxAccess({ task, children }: { readonly task: Task; readonly children: ReactNode }) {
  const { framework_id, executor_id, task_id } = task;
  const executor = executor_id?.value || task_id.value;
  const [can] = useCan([{ action: 'read_sandbox', framework_id: framework_id.value, executor_id: executor }]);
  if (can?.allowed !== false) return children;
  return (
    <Notice title="The files of this task cannot be read">
      <p>{can.reason}</p>
    </Notice>
  );
}
