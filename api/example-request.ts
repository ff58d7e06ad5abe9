/** The request that the page of a fleet without a run shows: one that can be sent as it stands. Pure. */
import type { Fleet } from '../planner/model.ts';
import type { DrainRequest } from '../planner/plan.ts';
import { labelsAsked } from '../planner/rules/labels-asked.ts';

const key = 'lifecycle-status';
const value = 'decommission-pending';

/** Drains the nodes that carry the commonest mark. Labels that their pods ask for and they do not have themselves are given to new nodes. */
export function exampleRequest(fleet: Fleet): DrainRequest {
  const marked = new Map(
    fleet.nodes.filter(({ labels }) => labels[key] === value).map((node) => [node.name, node]),
  );
  const lacking = new Map<string, string>();
  for (const pod of fleet.pods) {
    const node = marked.get(pod.node ?? '');
    if (node === undefined || pod.owner.kind === 'DaemonSet') continue;
    for (const [name, wanted] of labelsAsked(pod))
      if (node.labels[name] !== wanted) lacking.set(name, wanted);
  }
  return {
    apiVersion: 'switchyard.dev/v1',
    kind: 'DrainRequest',
    nodes: { selector: `${key}=${value}` },
    surge: { default: 1 },
    ...(lacking.size === 0 ? {} : { replacement: { labels: Object.fromEntries([...lacking].sort()) } }),
  };
}
