/** What a real API server keeps, whatever is asked of it in whatever order: the sentences that a round breaks. */
import { type Act, budgetOfWeb, type Round } from './random-clients.ts';
import type { Line, Segment, Watcher } from './watcher.ts';

/** `type name version`: what a watch tells of one change. */
type Change = { readonly type: string; readonly name: string; readonly version: number };

/** Sentences about what went wrong; none: all held. */
export function judgeRound(round: Round): string[] {
  const { references, watchers, acts } = round;
  return [
    ...references.flatMap((reference) => judgeReference(round, reference)),
    ...references.flatMap((reference) =>
      watchers
        .filter(({ collection }) => collection === reference.collection)
        .flatMap((watcher) => judgeWatcher(round, watcher, reference)),
    ),
    ...references.flatMap((reference) =>
      acts
        .filter(({ collection }) => collection === reference.collection)
        .flatMap((act) => judgeAct(act, changesOf(linesOf(reference)))),
    ),
    ...judgeVersions(acts),
    ...judgeBudget(round),
    ...judgeLists(round),
  ];
}

function linesOf(reference: Watcher): readonly Line[] {
  return reference.segments.flatMap(({ lines }) => lines).filter(({ type }) => type !== 'BOOKMARK');
}

function changesOf(lines: readonly Line[]): Change[] {
  return lines.map(({ type, object: { metadata } }) => ({
    type,
    name: metadata.name,
    version: Number(metadata.resourceVersion),
  }));
}

const shown = ({ type, name, version }: Change) => `${type} ${name} ${version}`;

/** Versions grow, and what was there at first together with all changes is what is there at last. */
function judgeReference(round: Round, reference: Watcher): string[] {
  const { collection } = reference;
  const changes = changesOf(linesOf(reference));
  const shrinks = changes.filter(({ version }, place) => version <= (changes[place - 1]?.version ?? 0));
  const folded = new Map(
    [...(round.before.get(collection) ?? [])].map(([name, { metadata }]) => [name, metadata.resourceVersion]),
  );
  const wrong: string[] = [];
  for (const { type, name, version } of changes) {
    if ((type === 'ADDED') === folded.has(name))
      wrong.push(`${collection}: ${type} ${name} ${version} out of turn`);
    if (type === 'DELETED') folded.delete(name);
    else folded.set(name, String(version));
  }
  const last = [...(round.after.get(collection) ?? [])].map(
    ([name, { metadata }]) => `${name} ${metadata.resourceVersion}`,
  );
  const told = [...folded].map(([name, version]) => `${name} ${version}`);
  if (told.sort().join() !== last.sort().join())
    wrong.push(`${collection}: told ${told.join()}, listed ${last.join()}`);
  return [
    ...wrong,
    ...shrinks.map((change) => `${collection}: ${shown(change)} is not newer than what came before`),
  ];
}

/** Each segment tells what the reference tells after its beginning: every change, once, in order. */
function judgeWatcher(round: Round, watcher: Watcher, reference: Watcher): string[] {
  return watcher.segments.flatMap((segment, place) => {
    const isGivenUp = place < watcher.segments.length - 1;
    const { begin, lines, wrong } = beginOf(segment);
    const { atBegin, later } = expectedOf(round, watcher, reference, begin.version);
    const told = changesOf(lines).map(shown);
    const wanted = isGivenUp ? later.slice(0, told.length) : later;
    const differs = told.findIndex((line, index) => line !== wanted[index]);
    const first = begin.there?.sort().join();
    return [
      ...wrong,
      ...(first === undefined || first === atBegin.sort().join()
        ? []
        : [`${watcher.collection} at ${begin.version}: began with ${first}, there was ${atBegin.join()}`]),
      ...(told.length === wanted.length && differs < 0
        ? []
        : [
            `${watcher.collection} ${watcher.labelSelector ?? ''} from ${begin.version}: told ${told.length} changes of ${wanted.length}, ` +
              `the first that differs: ${told[differs] ?? told.at(-1)}, expected ${wanted[differs] ?? wanted[told.length]}`,
          ]),
    ];
  });
}

type Beginning = { readonly version: number; readonly there: string[] | undefined };

/** Where a segment begins, what of it tells changes, and bookmarks that lie. */
function beginOf(segment: Segment): { begin: Beginning; lines: readonly Line[]; wrong: readonly string[] } {
  const told = segment.lines.filter(({ type }) => type !== 'ERROR');
  const end = told.findIndex(
    ({ object }) => object.metadata.annotations?.['k8s.io/initial-events-end'] !== undefined,
  );
  const rest = segment.from === undefined ? told.slice(end + 1) : told;
  const begin: Beginning =
    segment.from === undefined
      ? {
          version: Number(told[end]?.object.metadata.resourceVersion ?? Number.POSITIVE_INFINITY),
          there: end < 0 ? undefined : told.slice(0, end).map(({ object }) => identity(object)),
        }
      : { version: segment.from, there: undefined };
  const wrong = rest.flatMap(({ type, object }, place) => {
    const version = Number(object.metadata.resourceVersion);
    const later = rest
      .slice(place + 1)
      .find((line) => Number(line.object.metadata.resourceVersion) < version);
    return type === 'BOOKMARK' && later !== undefined
      ? [`a bookmark of ${version} was followed by an older change`]
      : [];
  });
  return { begin, lines: rest.filter(({ type }) => type !== 'BOOKMARK'), wrong };
}

const identity = ({ metadata }: Line['object']) => `${metadata.name} ${metadata.resourceVersion}`;

/** What a watch with that selector has to tell: who is there at `version`, and each change after it. */
function expectedOf(
  round: Round,
  { labelSelector }: Watcher,
  reference: Watcher,
  version: number,
): { readonly atBegin: string[]; readonly later: readonly string[] } {
  const [label = '', value] = (labelSelector ?? '').split('=');
  const matches = (object: Line['object'] | undefined) =>
    object !== undefined && (labelSelector === undefined || object.metadata.labels?.[label] === value);
  const state = new Map(round.before.get(reference.collection));
  const later: string[] = [];
  let atBegin: string[] | undefined;
  const present = () => [...state.values()].filter(matches).map(identity);
  for (const { type, object } of linesOf(reference)) {
    const { name } = object.metadata;
    const changed = Number(object.metadata.resourceVersion);
    const matchedBefore = matches(state.get(name));
    const matchesNow = type !== 'DELETED' && matches(object);
    if (changed > version) {
      atBegin ??= present();
      const word = matchedBefore ? (matchesNow ? 'MODIFIED' : 'DELETED') : 'ADDED';
      if (matchedBefore || matchesNow) later.push(shown({ type: word, name, version: changed }));
    }
    if (type === 'DELETED') state.delete(name);
    else state.set(name, object);
  }
  return { atBegin: atBegin ?? present(), later };
}

/** What was answered as done is told to those who watch, at its version; what named a version found that one, or was refused for another. */
function judgeAct(act: Act, changes: readonly Change[]): string[] {
  const of = changes.filter(({ name }) => name === act.name);
  const what = `${act.verb} ${act.name}, expecting ${act.expected ?? 'nothing'}, answered ${act.status} ${act.version ?? ''}`;
  if (act.status >= 500) return [what];
  const isDone = act.status < 300;
  const place = of.findIndex(({ version }) => version === act.version);
  if (isDone && act.version !== undefined && place < 0) return [`${what}: nobody was told`];
  if (act.verb === 'evict' || act.expected === undefined) return [];
  if (act.status === 409)
    return of.some(({ version }) => version > Number(act.expected)) ? [] : [`${what}: nothing had changed`];
  if (!isDone) return [];
  // Deletions answer without a version: one that follows what was expected must have been told.
  const before =
    act.verb === 'delete'
      ? of.find(({ type }, index) => type === 'DELETED' && of[index - 1]?.version === act.expected)
      : of.find((_, index) => index === place - 1 && of[index]?.version === act.expected);
  return before === undefined ? [`${what}: it was another version that was changed`] : [];
}

/** No version is given twice, and what one client writes later is newer. */
function judgeVersions(acts: readonly Act[]): string[] {
  const written = acts.filter((act) => act.status < 300 && act.version !== undefined);
  const twice = written.length - new Set(written.map(({ version }) => version)).size;
  const shrinks = [...new Set(written.map(({ client }) => client))].flatMap((client) => {
    const own = written.filter((act) => act.client === client);
    return own.filter((act, place) => Number(act.version) <= Number(own[place - 1]?.version ?? 0));
  });
  return [
    ...(twice > 0 ? [`${twice} versions were given twice`] : []),
    ...shrinks.map(({ name, version }) => `${name}: ${version} came after a newer one`),
  ];
}

/** At no moment are fewer ready than the budget says: nothing but evictions takes pods away here. */
function judgeBudget({ references, before }: Round): string[] {
  const reference = references.find(({ collection }) => collection.endsWith('/pods'));
  if (reference === undefined) return ['nobody watched the pods'];
  const state = new Map(before.get(reference.collection));
  for (const { type, object } of linesOf(reference)) {
    if (type === 'DELETED') state.delete(object.metadata.name);
    else state.set(object.metadata.name, object);
    const healthy = [...state.values()].filter(isHealthy).length;
    if (healthy < budgetOfWeb.minAvailable)
      return [
        `at ${object.metadata.resourceVersion} only ${healthy} pods are ready, the budget wants ${budgetOfWeb.minAvailable}`,
      ];
  }
  return [];
}

function isHealthy({ metadata, status }: Line['object']): boolean {
  const isReady = status?.conditions?.some(
    (condition) => condition.type === 'Ready' && condition.status === 'True',
  );
  return isReady === true && metadata.deletionTimestamp === undefined;
}

/** The pages of one list show one moment: all that was there at their version, in order, while others wrote between them. */
function judgeLists(round: Round): string[] {
  return round.lists.flatMap(({ collection, items, versions }) => {
    const reference = round.references.find((watcher) => watcher.collection === collection);
    if (reference === undefined || versions.size !== 1)
      return [`pages of the versions ${[...versions].join()}`];
    const everything = { ...reference, labelSelector: undefined };
    const there = expectedOf(round, everything, reference, Number([...versions][0]))
      .atBegin.sort()
      .join();
    const listed = items.map(identity).join();
    return listed === there ? [] : [`pages list ${listed} of ${collection}, there was ${there}`];
  });
}
