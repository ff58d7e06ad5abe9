/**
 * The ports of one pass of one worker over the network of a bad day: calls and answers are late or lost, reads are stale, the worker
 * dies or stands still in between. What arrives is judged there and then.
 */
import type { Ports } from '../../executor/contexts.ts';
import { OutsideError } from '../../executor/errors.ts';
import type { SwitchoverAnswer } from '../../executor/ports.ts';
import { refuseWhileAway } from './away-pipeline.ts';
import { type CheckAnswers, checksOf, judgeHandOver, judgeOutage } from './busy-clusters.ts';
import { meetFate } from './die-in-act.ts';
import { judgeAskedAgain, whyForbidden } from './forbid-evictions.ts';
import { hangsForMs } from './hang-patroni.ts';
import {
  type Asked,
  askedNow,
  judgeAgain,
  judgeDone,
  judgeEvicted,
  judgeEviction,
  judgeNodeChange,
  judgeRelease,
  judgeSwitchover,
  type Looks,
  lookOf,
  noteAnswer,
} from './judge-acts.ts';
import { judgeAsked } from './judge-approvals.ts';
import { judgeHalt } from './judge-halts.ts';
import { judgeHold } from './judge-holds.ts';
import { beforeScaling, judgeScaled } from './judge-scale.ts';
import { keepBack } from './keep-back.ts';
import { staleMostMs } from './looks.ts';
import { strikeAfter } from './moments.ts';
import { isTroubled, type Stage, tell } from './stage.ts';
import { joinOthers } from './switch-over-by-hand.ts';
import type { Troubles } from './troubles.ts';
import { disturb, goOn, isAway, type Worker } from './worker.ts';

/** Adapters give up after so long. */
const timeoutMs = 10_000;
const checkTimeoutMs = 3_000;
const takesTime = 0.25;

/** Reads may be stale, writes may arrive twice; `fresh` is neither. */
type Call = {
  readonly target: string;
  readonly request: string;
  readonly kind: 'read' | 'write' | 'fresh';
  /** It carries what it must find unchanged: it may also arrive a second time long after. */
  readonly isSafeLater?: boolean;
  /** After so long its adapter gives up; undefined: after as long as most. */
  readonly timeoutMs?: number;
};
type Kept = { readonly atMs: number; readonly answer: unknown };

/** What reads have answered lately, for those that are stale. */
export type Memories = Map<string, Kept>;

/** Returns the ports of a pass. */
export function handsOf(stage: Stage, worker: Worker, memories: Memories): Ports {
  const { kubernetes, patroni, pipeline } = stage.ports;
  const looks: Looks = new Map();
  const answers: CheckAnswers = new Map();
  const chance = stage.random.next;
  const over = <Answer>(call: Call, act: () => Promise<Answer>): Promise<Answer> =>
    carry(stage, worker, call, chance, memories, act);
  const read = <Answer>(request: string, act: () => Promise<Answer>): Promise<Answer> =>
    over({ target: 'kubernetes', request, kind: 'read' }, act);
  const write = <Answer>(request: string, act: () => Promise<Answer>, isSafeLater = false): Promise<Answer> =>
    over({ target: 'kubernetes', request, kind: 'write', isSafeLater }, act);
  const setOut = (what: string): Asked => {
    judgeAsked(stage, what);
    return askedNow(stage, worker, looks);
  };
  return {
    mirror: worker.mirror,
    checks: checksOf(stage, answers, (request, ask) =>
      over({ target: 'check', request, kind: 'fresh', timeoutMs: checkTimeoutMs }, ask),
    ),
    kubernetes: {
      listFleetObjects: () => read('list fleet', () => kubernetes.listFleetObjects()),
      listNodes: () => read('list nodes', () => kubernetes.listNodes()),
      getNode: (name) => read(`get node ${name}`, () => kubernetes.getNode(name)),
      getPod: (namespace, name) => read(`get pod ${name}`, () => kubernetes.getPod(namespace, name)),
      listPods: (query) => read(`list pods ${JSON.stringify(query)}`, () => kubernetes.listPods(query)),
      listAttachedVolumes: (node) => read(`volumes ${node}`, () => kubernetes.listAttachedVolumes(node)),
      getReplicas: (owner) => read(`replicas ${owner.name}`, () => kubernetes.getReplicas(owner)),
      getOrdinals: (set) => read(`ordinals ${set.name}`, () => kubernetes.getOrdinals(set)),
      scaleStatefulSet: (set) => {
        const asked = setOut('scale');
        return write(`scale ${set.name} to ${set.replicas}`, async () => {
          const before = beforeScaling(stage, set);
          const said = await kubernetes.scaleStatefulSet(set);
          if (said === 'done') judgeScaled(asked, set, before);
          return said;
        });
      },
      changeNode: (node, change) => {
        const asked = setOut(change.kind);
        return write(`${change.kind} ${node.name}`, () => {
          judgeNodeChange(asked, node, change.kind);
          return kubernetes.changeNode(node, change);
        });
      },
      changePod: (pod, change) => {
        const asked = setOut(change.kind);
        return write(`${change.kind} ${pod.name}`, async () => {
          judgeHold(asked, pod, change.kind);
          return kubernetes.changePod(pod, change);
        });
      },
      evict: (pod) => {
        const asked = setOut('evict');
        judgeAskedAgain(stage, pod.uid);
        let isAgain = false;
        return write(
          `evict ${pod.name}`,
          async () => {
            // What the network sends twice was asked for once.
            if (!isAgain) judgeEviction(asked, pod);
            if (!isAgain) judgeOutage(stage, worker, answers, pod.uid);
            isAgain = true;
            const before = stage.world.store.get('Pod', pod.namespace, pod.name)?.metadata.uid;
            const said = whyForbidden(stage) ?? (await kubernetes.evict(pod));
            if (said.kind === 'evicted') judgeEvicted(stage, pod, before);
            return said;
          },
          true,
        );
      },
      holdLease: (lease) => write('hold lease', () => kubernetes.holdLease(lease)),
      readNote: () => read('read note', () => kubernetes.readNote()),
      dropLease: (lease) => write('drop lease', () => kubernetes.dropLease(lease)),
    },
    patroni: {
      readCluster: (members) =>
        over({ target: 'patroni', request: 'read cluster', kind: 'fresh' }, async () => {
          const hangMs = hangsForMs(stage, members);
          if (hangMs > 0) await stage.time.sleep(hangMs);
          const seen = await patroni.readCluster(members);
          return keepBack(seen, lookOf(stage, looks, members));
        }),
      switchover: async (leader, candidate): Promise<SwitchoverAnswer> => {
        const asked = setOut('switchover');
        judgeAgain(asked, leader.name);
        const call = {
          target: 'patroni',
          request: `switchover ${leader.name} ${candidate}`,
          kind: 'fresh',
        } as const;
        try {
          const said = await carry(stage, worker, call, chance, memories, async () => {
            judgeSwitchover(asked, leader.name, candidate);
            judgeHandOver(stage, answers, leader.name);
            const join = joinOthers(stage, leader.name);
            const answer = await stage.time.during(patroni.switchover(leader, candidate));
            if (answer.kind !== 'not-done') join();
            return answer;
          });
          noteAnswer(asked, leader.name, said.kind);
          return said;
        } catch (error) {
          if (error instanceof OutsideError) return { kind: 'unknown', message: error.message };
          throw error;
        }
      },
    },
    pipeline: {
      wantNode: (want) => {
        setOut('want-node');
        return over({ target: 'pipeline', request: `want ${want.key}`, kind: 'write' }, async () => {
          refuseWhileAway(stage, `want ${want.key}`);
          return pipeline.wantNode(want);
        });
      },
      nodeReleased: (node) => {
        const asked = setOut('node-released');
        return over({ target: 'pipeline', request: `released ${node.name}`, kind: 'write' }, async () => {
          judgeRelease(asked, node.name);
          refuseWhileAway(stage, `released ${node.name}`);
          return pipeline.nodeReleased(node);
        });
      },
    },
    journal: {
      append: (run, entry) =>
        over({ target: 'redis', request: `append ${entry.event.kind}`, kind: 'fresh' }, async () => {
          const said = await stage.journal.append(run, entry);
          tell(stage, () => `${worker.name} ${entry.lane} ${JSON.stringify(entry.event)} ${said.kind}`);
          if (said.kind === 'appended') {
            if (entry.event.kind === 'replanned') stage.replannedMs = stage.world.nowMs();
            if (entry.event.kind === 'done') judgeDone(stage, looks, entry.lane);
            if (entry.event.kind === 'halted') judgeHalt(stage, entry.event.because);
            strikeAfter(stage, entry.lane, entry.event);
            meetFate(stage, worker);
          }
          return said;
        }),
      read: (run, after, countMax) =>
        over({ target: 'redis', request: 'read', kind: 'fresh' }, () =>
          stage.journal.read(run, after, countMax),
        ),
    },
  };
}

async function carry<Answer>(
  stage: Stage,
  worker: Worker,
  call: Call,
  chance: () => number,
  memories: Memories,
  act: () => Promise<Answer>,
): Promise<Answer> {
  const { time, troubles } = stage;
  const troubled = isTroubled(stage);
  const happens = (share: number): boolean => share > 0 && troubled && chance() < share;
  disturb(stage, worker, chance);
  // Nearly always it is there, and nothing is waited for.
  if (isAway(stage, worker)) await goOn(stage, worker);
  const thereMs = travelMs(troubles, happens, chance);
  if (thereMs > 0) await time.sleep(thereMs);
  if (happens(troubles.lostRequest)) return noAnswer(stage, worker, call);
  const known = call.kind === 'read' ? memories.get(call.request) : undefined;
  if (known !== undefined && happens(troubles.stale))
    if (time.nowMs() - known.atMs < staleMostMs) return known.answer as Answer;
  const answer = await act();
  if (call.kind === 'write')
    tell(
      stage,
      () => `${worker.name} ${call.target} ${call.request}: ${JSON.stringify(answer)?.slice(0, 160)}`,
    );
  if (call.kind === 'read') memories.set(call.request, { atMs: time.nowMs(), answer });
  else if (call.kind === 'write' && happens(troubles.twice)) {
    // A proxy tries again at once, or when it has given up waiting: nobody hears what comes of that.
    if (call.isSafeLater !== true || chance() < 0.5) await act();
    else time.at(Math.ceil(60_000 * chance()), () => void act());
  }
  if (happens(troubles.lostAnswer)) return noAnswer(stage, worker, call);
  const backMs = travelMs(troubles, happens, chance);
  if (backMs > 0) await time.sleep(backMs);
  disturb(stage, worker, chance);
  if (isAway(stage, worker)) await goOn(stage, worker);
  return answer;
}

/**
 * Most calls take no time, so that few moments pass in which nothing happens; the others let somebody come in between, for as long as
 * anything happens at all.
 */
function travelMs(troubles: Troubles, happens: (share: number) => boolean, chance: () => number): number {
  if (happens(troubles.slow)) return 100 + 6_000 * chance();
  return happens(takesTime) ? 2 + 20 * chance() : 0;
}

/** The adapter gives up, when its worker is there to do so. */
async function noAnswer(stage: Stage, worker: Worker, call: Call): Promise<never> {
  await stage.time.sleep(call.timeoutMs ?? timeoutMs);
  await goOn(stage, worker);
  const { target, request } = call;
  tell(stage, () => `${worker.name} no answer: ${request}`);
  throw new OutsideError({ code: 'timeout', target, request, message: 'no answer' });
}
