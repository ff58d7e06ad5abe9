/**
 * A quick no, so that hopeless nodes are not tried on a copy of everything.
 */
import { suits } from '../rules/placement.ts';
import type { Work } from './acts.ts';
import type { YardPod } from './survey.ts';
import { mayAddNode, type YardNode } from './yard.ts';

const zoneLabel = 'topology.kubernetes.io/zone';

/**
 * Whether a node surely cannot be emptied now: its zone gets no node more, and what its volumes keep in the zone and cannot
 * be parked asks for more than all final nodes there have free. That room never grows while a node is emptied. False says
 * nothing.
 */
export function isRuledOut(work: Work, node: YardNode): boolean {
  const { yard } = work;
  const { request, resources } = yard.survey;
  const { zone } = node.node;
  const renamesZones = Object.values(request.replacement).some(({ labels }) =>
    Object.hasOwn(labels, zoneLabel),
  );
  if (mayAddNode(yard, zone) || renamesZones) return false;
  const staying = [...node.pods].filter((pod) => mustStayInZone(work, pod, node));
  return resources.some((name, index) => {
    if (name.startsWith('attachable-volumes-')) return false;
    let load = 0;
    for (const pod of staying) load += pod.requests[index] ?? 0;
    for (const each of yard.finalIn.get(zone) ?? []) load -= Math.max(0, each.free[index] ?? 0);
    return load > 0;
  });
}

function mustStayInZone(work: Work, pod: YardPod, node: YardNode): boolean {
  if (pod.stays || work.yard.survey.temporaryOf.has(pod.cluster?.key ?? '')) return false;
  const { zone } = node.node;
  const bound = pod.pod.volumeTerms.some((terms) =>
    terms.every((term) =>
      term.labels.some(
        ({ key, operator, values }) =>
          key === zoneLabel && operator === 'In' && values.every((value) => value === zone),
      ),
    ),
  );
  return bound && !mayBeParked(work, pod, node);
}

function mayBeParked({ yard }: Work, pod: YardPod, node: YardNode): boolean {
  const { parking, mode, hold } = yard.survey.request;
  if (!parking || mode === 'whole-nodes' || hold === 'cordon') return false;
  const others = yard.drainedIn.get(node.node.zone) ?? [];
  return others.some((other) => other !== node && other.live && suits(pod.pod, other.node));
}
