/** The ports of one worker: every answer is some time away, what it takes is counted, and a dead worker hears nothing any more. */
import type { Ports } from '../../executor/contexts.ts';
import type { FleetMirror, Journal, KubernetesPort } from '../../executor/ports.ts';
import type { Part } from './part-times.ts';
import type { Stage } from './whole-stage.ts';

export type Life = { isDead: boolean };

/** To a server and back; Redis is nearer. */
const serverMs = 20;
const redisMs = 2;

type Call = <Answer>(part: Part, ask: () => Promise<Answer>) => Promise<Answer>;

/** Returns the ports of a worker. */
export function distantPorts(stage: Stage, life: Life): Ports {
  const { kubernetes, patroni, pipeline } = stage.ports;
  const over: Call = async (part, ask) => {
    const awayMs = part === 'journal' ? redisMs : serverMs;
    if (part !== 'mirror') await stage.time.sleep(awayMs / 2);
    if (life.isDead) await never();
    const answer = await stage.times.during(part, ask);
    if (part !== 'mirror') await stage.time.sleep(awayMs / 2);
    if (life.isDead) await never();
    return answer;
  };
  return {
    kubernetes: distantKubernetes(kubernetes, over),
    patroni: {
      readCluster: (members) => over('ports', () => patroni.readCluster(members)),
      switchover: (leader, candidate) =>
        over('ports', () => stage.time.during(patroni.switchover(leader, candidate))),
    },
    pipeline: {
      wantNode: (want) => over('ports', () => pipeline.wantNode(want)),
      nodeReleased: (node) => over('ports', () => pipeline.nodeReleased(node)),
    },
    journal: distantJournal(stage, over),
    mirror: countedMirror(stage, over),
  };
}

function never(): Promise<never> {
  return new Promise(() => {});
}

function distantKubernetes(near: KubernetesPort, over: Call): KubernetesPort {
  return {
    listFleetObjects: () => over('ports', () => near.listFleetObjects()),
    listNodes: () => over('ports', () => near.listNodes()),
    getNode: (name) => over('ports', () => near.getNode(name)),
    getPod: (namespace, name) => over('ports', () => near.getPod(namespace, name)),
    listPods: (query) => over('ports', () => near.listPods(query)),
    listAttachedVolumes: (node) => over('ports', () => near.listAttachedVolumes(node)),
    getReplicas: (owner) => over('ports', () => near.getReplicas(owner)),
    getOrdinals: (set) => over('ports', () => near.getOrdinals(set)),
    scaleStatefulSet: (set) => over('ports', () => near.scaleStatefulSet(set)),
    changeNode: (node, change) => over('ports', () => near.changeNode(node, change)),
    changePod: (pod, change) => over('ports', () => near.changePod(pod, change)),
    evict: (pod) => over('ports', () => near.evict(pod)),
    holdLease: (lease) => over('ports', () => near.holdLease(lease)),
    readNote: () => over('ports', () => near.readNote()),
    dropLease: (lease) => over('ports', () => near.dropLease(lease)),
  };
}

function distantJournal({ journal }: Stage, over: Call): Journal {
  return {
    append: (run, entry) => over('journal', () => journal.append(run, entry)),
    read: (run, after, countMax) => over('journal', () => journal.read(run, after, countMax)),
  };
}

function countedMirror({ mirror }: Stage, over: Call): FleetMirror {
  return {
    ...mirror,
    listNodes: () => over('mirror', () => mirror.listNodes()),
    getNode: (name) => over('mirror', () => mirror.getNode(name)),
    getPod: (namespace, name) => over('mirror', () => mirror.getPod(namespace, name)),
    listPods: (query) => over('mirror', () => mirror.listPods(query)),
    listAttachedVolumes: (node) => over('mirror', () => mirror.listAttachedVolumes(node)),
    getReplicas: (owner) => over('mirror', () => mirror.getReplicas(owner)),
    getOrdinals: (set) => over('mirror', () => mirror.getOrdinals(set)),
  };
}
