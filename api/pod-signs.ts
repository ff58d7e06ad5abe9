/**
 * How a pod is drawn: its role as a shape, and whether it stands, leaves, is expected or catches up. Pure.
 */
import type { DatabaseCluster, Fleet, Member, Pod } from '../planner/model.ts';
import type { MoveStep } from '../planner/plan.ts';
import type { Course } from './course.ts';

export type PodSign = {
  /** `namespace/name`: stays the same for a StatefulSet pod that comes back, so that its way can be shown. */
  readonly key: string;
  readonly name: string;
  readonly cluster: string | null;
  readonly role: 'primary' | 'candidate' | 'sync-standby' | 'replica' | 'unknown' | 'other';
  /** Sign with its marks: ◆ ◇ ● ○ ? · then ~ for catching up or not streaming and * for final. */
  readonly sign: string;
  readonly final: boolean;
  /**
   * leaving: it is shutting down; expected: not there yet; catching-up: there, not yet of use; not-streaming: up, and following nobody;
   * lag-unknown: not known whether it is of use.
   */
  readonly motion: 'standing' | 'leaving' | 'expected' | 'catching-up' | 'not-streaming' | 'lag-unknown';
  /** Everything above in words. */
  readonly words: string;
};

const plainSign: Readonly<Record<PodSign['role'], string>> = {
  primary: '◆',
  candidate: '◇',
  'sync-standby': '●',
  replica: '○',
  unknown: '?',
  other: '·',
};

const roleWord: Readonly<Record<PodSign['role'], string>> = {
  primary: 'primary',
  candidate: 'replica, planned next primary',
  'sync-standby': 'sync standby',
  replica: 'replica',
  unknown: 'role unknown',
  other: 'other pod',
};

const motionWord: Readonly<Record<PodSign['motion'], string>> = {
  standing: '',
  leaving: 'being moved',
  expected: 'expected here, not there yet',
  'catching-up': 'catching up',
  'not-streaming': 'does not stream',
  'lag-unknown': 'lag unknown',
};

const motionMark: Readonly<Partial<Record<PodSign['motion'], string>>> = {
  'catching-up': '~',
  'not-streaming': '~',
  'lag-unknown': '?',
};

/** A function that draws the pods of this fleet. */
export function signOf(fleet: Fleet, course: Course): (pod: Pod) => PodSign {
  const clusters = new Map(fleet.clusters.map((cluster) => [cluster.key, cluster]));
  return (pod) => {
    const cluster = pod.cluster === undefined ? undefined : clusters.get(pod.cluster);
    const member = cluster?.members.find((candidate) => candidate.pod === pod.key);
    const role = pod.cluster === undefined ? 'other' : roleOf(cluster, member, course);
    const motion = motionOf(pod, cluster, member, course);
    const final =
      course.drained.size > 0 &&
      (motion === 'standing' || motion === 'lag-unknown') &&
      pod.node !== undefined &&
      !course.drained.has(pod.node) &&
      !course.moves.has(pod.key);
    // Only of members it matters that they will not move again.
    const marks = `${motionMark[motion] ?? ''}${final && role !== 'other' ? '*' : ''}`;
    return {
      key: pod.key,
      name: pod.name,
      cluster: pod.cluster ?? null,
      role,
      sign: `${plainSign[role]}${marks}`,
      final,
      motion,
      words: [pod.name, roleWord[role], motionWord[motion], final ? 'final' : '']
        .filter((word) => word !== '')
        .join(', '),
    };
  };
}

function roleOf(
  cluster: DatabaseCluster | undefined,
  member: Member | undefined,
  course: Course,
): PodSign['role'] {
  if (cluster === undefined || member === undefined) return 'unknown';
  if (cluster.primary === member.name) return 'primary';
  if (cluster.claimants.includes(member.name)) return 'unknown';
  if (course.candidates.has(`${cluster.key} ${member.name}`)) return 'candidate';
  return member.role === 'sync-standby' ? 'sync-standby' : member.role === 'unknown' ? 'unknown' : 'replica';
}

/**
 * Ready is not streaming: a member counts as standing only when it streams and its lag is known and within the limit. Where a step waits for
 * it to stream, the leader's own list said that it does not; what Patroni wrote on its pod may still be of a better time.
 */
function motionOf(
  pod: Pod,
  cluster: DatabaseCluster | undefined,
  member: Member | undefined,
  course: Course,
): PodSign['motion'] {
  if (pod.node === undefined) return 'expected';
  const move = course.moves.get(pod.key);
  if (pod.terminating) return 'leaving';
  if (cluster === undefined || member === undefined) {
    if (pod.ready) return 'standing';
    return pod.cluster === undefined
      ? pod.node === move?.step.from
        ? 'standing'
        : 'catching-up'
      : 'catching-up';
  }
  if (!pod.ready) return 'catching-up';
  if (cluster.primary === member.name) return 'standing';
  if (course.notStreaming.has(pod.key)) return 'not-streaming';
  if (member.state === 'starting' || member.state === 'creating replica') return 'catching-up';
  if (member.state !== undefined && !servingStates.includes(member.state)) return 'not-streaming';
  if (member.lagBytes === undefined) return 'lag-unknown';
  return member.lagBytes <= cluster.maximumLagBytes ? 'standing' : 'catching-up';
}

/** Patroni's words for a replica on whose pod PostgreSQL serves; whichever else says that it does not. */
const servingStates: readonly string[] = ['running', 'streaming'];

/** The pod of a move between its eviction and its return, when only the plan still knows it. */
export function absentPod(step: MoveStep): Pod {
  const [namespace = '', name = ''] = step.pod.split('/');
  return {
    key: step.pod,
    namespace,
    name,
    uid: '',
    labels: {},
    owner: { kind: 'none' },
    requests: {},
    nodeSelector: {},
    volumeTerms: [],
    tolerations: [],
    podAffinity: [],
    podAntiAffinity: [],
    spread: [],
    phase: 'Pending',
    ready: false,
    terminating: false,
    ...(step.cluster === null ? {} : { cluster: step.cluster }),
  };
}
