/**
 * The fleet as it was a moment ago, kept by watches: what waiting passes look at. Never the ground of an act: `look-at-step.ts`.
 */
import { z } from 'zod';
import { flatText } from '../../planner/read/flat-text.ts';
import type {
  Clock,
  FleetMirror,
  KubernetesObject,
  MirrorChange,
  NodeView,
  Ordinals,
  PodView,
} from '../ports.ts';
import { attachmentOf } from './attachments.ts';
import { type Change, type FollowedKind, type FollowLimits, followKind } from './follow-kind.ts';
import type { ListedKind } from './objects.ts';
import { ownerInName } from './pods.ts';
import type { Rest } from './rest.ts';
import { parseAs, toNodeView, toPodView } from './translate.ts';

export type MirrorOptions = {
  readonly clock: Clock;
  readonly limits: FollowLimits;
  readonly report: (error: unknown) => void;
  readonly signal: AbortSignal;
};

/** What is kept of a StatefulSet or ReplicaSet. */
type OwnerView = { readonly key: string; readonly wants: Ordinals | undefined };
type AttachmentView = { readonly key: string; readonly node: string; readonly volume: string };

const ownerSchema = z.object({
  metadata: z.object({ name: z.string(), namespace: z.string(), deletionTimestamp: z.string().nullish() }),
  spec: z.object({
    replicas: z.number().int().nullish(),
    ordinals: z.object({ start: z.number().int().nullish() }).nullish(),
  }),
});

/** Begins to follow the kinds that steps look at; ends when `signal` aborts. */
export function mirrorFleet(rest: Rest, options: MirrorOptions): FleetMirror {
  const listeners = new Set<(change: MirrorChange) => void>();
  const tell = (change: MirrorChange): void => {
    for (const listener of listeners) listener(change);
  };
  const pods = new PodIndex();
  const words = new Words();
  const follow = <View>(
    list: ListedKind,
    translate: (object: KubernetesObject) => View,
    keyOf: (view: View) => string,
    isSame: (one: View, other: View) => boolean,
    onChange: (change: Change<View>) => void,
  ): FollowedKind<View> => followKind(rest, { ...options, list, translate, keyOf, isSame, onChange });
  const followOwners = (kind: 'StatefulSet' | 'ReplicaSet', path: string): FollowedKind<OwnerView> =>
    follow(
      { apiVersion: 'apps/v1', kind, path },
      toOwnerView,
      (owner) => owner.key,
      ({ wants: one }, { wants: other }) => one?.replicas === other?.replicas && one?.first === other?.first,
      ({ before, after }) => tell({ kind, key: (after ?? before)?.key ?? '' }),
    );
  const kinds = {
    Node: follow(
      { apiVersion: 'v1', kind: 'Node', path: '/api/v1/nodes' },
      toNodeView,
      (node) => node.name,
      isSameVersion,
      ({ before, after }) => {
        const node = after ?? before;
        if (node !== undefined && !isAlike(before, after))
          tell({ kind: 'Node', key: node.name, zone: node.zone });
      },
    ),
    Pod: follow(
      { apiVersion: 'v1', kind: 'Pod', path: '/api/v1/pods' },
      (object) => words.shared(toPodView(object)),
      keyOfPod,
      isSameVersion,
      ({ before, after }) => {
        pods.change(before, after);
        if (!isAlike(before, after)) tell({ kind: 'Pod', before, after });
      },
    ),
    StatefulSet: followOwners('StatefulSet', '/apis/apps/v1/statefulsets'),
    ReplicaSet: followOwners('ReplicaSet', '/apis/apps/v1/replicasets'),
    VolumeAttachment: follow(
      {
        apiVersion: 'storage.k8s.io/v1',
        kind: 'VolumeAttachment',
        path: '/apis/storage.k8s.io/v1/volumeattachments',
      },
      attachmentOf,
      (attachment) => attachment.key,
      (one, other) => one.node === other.node && one.volume === other.volume,
      ({ before, after }) => tell({ kind: 'VolumeAttachment', key: (after ?? before)?.node ?? '' }),
    ),
  };
  return {
    isCurrent: (wanted) => wanted.every((kind) => kinds[kind].isCurrent()),
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    getNode: async (name) => kinds.Node.views.get(name),
    listNodes: async () => [...kinds.Node.views.values()],
    getPod: async (namespace, name) => kinds.Pod.views.get(`${namespace}/${name}`),
    listPods: async (query) => pods.list(query, kinds.Pod.views.values()),
    listAttachedVolumes: async (node) => volumesOf(node, kinds.VolumeAttachment.views.values()),
    getReplicas: async ({ kind, namespace, name }) =>
      kinds[kind].views.get(`${namespace}/${name}`)?.wants?.replicas,
    getOrdinals: async ({ namespace, name }) => kinds.StatefulSet.views.get(`${namespace}/${name}`)?.wants,
  };
}

function toOwnerView(object: KubernetesObject): OwnerView {
  const { metadata, spec } = parseAs(ownerSchema, object);
  const key = flatText(metadata.namespace, '/', metadata.name);
  // One that is being deleted brings no pod back any more (pods.ts).
  const isLeaving = Boolean(metadata.deletionTimestamp);
  const wants = isLeaving ? undefined : { first: spec.ordinals?.start ?? 0, replicas: spec.replicas ?? 1 };
  return { key, wants };
}

function volumesOf(node: string, attachments: Iterable<AttachmentView>): readonly string[] {
  const volumes: string[] = [];
  for (const attachment of attachments) if (attachment.node === node) volumes.push(attachment.volume);
  return volumes.toSorted();
}

function isSameVersion(
  one: { readonly resourceVersion?: string },
  other: { readonly resourceVersion?: string },
): boolean {
  return one.resourceVersion !== undefined && one.resourceVersion === other.resourceVersion;
}

/** Nothing changed that a decision looks at: heartbeats of kubelets and Patroni's positions come every few seconds. */
function isAlike(before: NodeView | PodView | undefined, after: NodeView | PodView | undefined): boolean {
  if (before === undefined || after === undefined) return before === after;
  return (
    JSON.stringify({ ...before, resourceVersion: '' }) === JSON.stringify({ ...after, resourceVersion: '' })
  );
}

function keyOfPod({ namespace, name }: PodView): string {
  return flatText(namespace, '/', name);
}

/** Pods by node, namespace, owner and labels: a fleet has tens of thousands, and every pass asks for a few. */
class PodIndex {
  readonly #places = new Map<string, Set<PodView>>();

  change(before: PodView | undefined, after: PodView | undefined): void {
    for (const place of placesOf(before)) {
      const pods = this.#places.get(place);
      if (before !== undefined) pods?.delete(before);
      if (pods?.size === 0) this.#places.delete(place);
    }
    for (const place of placesOf(after)) {
      const pods = this.#places.get(place) ?? new Set();
      if (after !== undefined) pods.add(after);
      this.#places.set(place, pods);
    }
  }

  list(query: PodQuery, all: Iterable<PodView>): readonly PodView[] {
    const labels = Object.entries(query.labels ?? {});
    const found: PodView[] = [];
    for (const pod of this.#fewest(query) ?? all) {
      if (query.node !== undefined && pod.node !== query.node) continue;
      if (query.namespace !== undefined && pod.namespace !== query.namespace) continue;
      if (query.namedAfter !== undefined && ownerInName(pod) !== query.namedAfter) continue;
      if (labels.every(([name, value]) => pod.labels[name] === value)) found.push(pod);
    }
    return found.toSorted((a, b) => (keyOfPod(a) < keyOfPod(b) ? -1 : 1));
  }

  /** The smallest set of pods that holds all that are asked for; undefined: any pod may be asked for. */
  #fewest(query: PodQuery): Iterable<PodView> | undefined {
    const { namespace, node, namedAfter } = query;
    const places = [
      ...(namedAfter === undefined ? [] : [`named after ${namedAfter}`]),
      ...(node === undefined ? [] : [`node ${node}`]),
      ...(namespace === undefined ? [] : [`namespace ${namespace}`]),
      ...Object.entries(query.labels ?? {}).flatMap(([name, value]) =>
        isIndexed(name) ? [`label ${name}=${value}`] : [],
      ),
    ];
    const sets = places.map((place) => this.#places.get(place) ?? new Set<PodView>());
    return sets.toSorted((a, b) => a.size - b.size)[0];
  }
}

type PodQuery = Parameters<FleetMirror['listPods']>[0];

/** Labels by which members and primaries are found, of Spilo, Patroni's own, and the operators we know. */
function isIndexed(label: string): boolean {
  return /(^|\/)(cluster-name|cluster|spilo-role|role)$/.test(label);
}

function placesOf(pod: PodView | undefined): readonly string[] {
  if (pod === undefined) return [];
  const labels = Object.entries(pod.labels).filter(([name]) => isIndexed(name));
  const namedAfter = ownerInName(pod);
  return [
    ...(namedAfter === undefined ? [] : [`named after ${namedAfter}`]),
    ...(pod.node === undefined ? [] : [`node ${pod.node}`]),
    `namespace ${pod.namespace}`,
    ...labels.map(([name, value]) => `label ${name}=${value}`),
  ];
}

/** Words that many pods share are kept once: of tens of thousands of views most of the text is the same. */
class Words {
  readonly #known = new Map<string, string>();

  shared(pod: PodView): PodView {
    const labels = Object.fromEntries(
      Object.entries(pod.labels).map(([name, value]) => [name, this.#word(value)]),
    );
    return {
      ...pod,
      namespace: this.#word(pod.namespace),
      labels,
      phase: this.#word(pod.phase),
      ...(pod.node === undefined ? {} : { node: this.#word(pod.node) }),
      ...(pod.ownerKind === undefined ? {} : { ownerKind: this.#word(pod.ownerKind) }),
      ...(pod.ownerUid === undefined ? {} : { ownerUid: this.#word(pod.ownerUid) }),
      ...(pod.patroniSays === undefined ? {} : { patroniSays: this.#word(pod.patroniSays) }),
    };
  }

  #word(text: string): string {
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    // Forgotten all at once: nothing depends on it, and names of pods gone by would pile up.
    if (this.#known.size >= WORDS_MAX) this.#known.clear();
    this.#known.set(text, text);
    return text;
  }
}

const WORDS_MAX = 100_000;
