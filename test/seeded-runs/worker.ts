/** A worker as the run sees it: a process that may die, stand still, or have a wrong clock. */
import type { PatroniSeen } from '../../executor/patroni-seen.ts';
import type { FleetMirror } from '../../executor/ports.ts';
import type { Stage } from './stage.ts';
import { isTroubled, tell } from './stage.ts';

export class Worker {
  readonly name: string;
  /** What the process remembers; gone when it dies. */
  readonly folds = new Map();
  readonly rolesSeenAtMs = new Map<string, number>();
  readonly patroniSeen: PatroniSeen = new Map();
  /** Undefined: it always asks the servers. */
  readonly mirror: FleetMirror | undefined;
  isDead = false;
  /** It dies after so many calls. */
  callsToLive: number | undefined;
  onDeath: () => void = () => {};
  frozenUntilMs = 0;
  clockOffsetMs = 0;

  constructor(name: string, mirror: FleetMirror | undefined) {
    this.name = name;
    this.mirror = mirror;
  }
}

/** The worker is dead or stands still: it does nothing now. */
export function isAway({ time }: Stage, worker: Worker): boolean {
  return worker.isDead || worker.frozenUntilMs > time.nowMs();
}

/** Resolves when the worker goes on; never, if it is dead. */
export async function goOn({ time }: Stage, worker: Worker): Promise<void> {
  while (!worker.isDead && worker.frozenUntilMs > time.nowMs())
    await time.sleep(worker.frozenUntilMs - time.nowMs());
  if (worker.isDead) await new Promise(() => {});
}

function die(stage: Stage, worker: Worker): void {
  worker.isDead = true;
  worker.onDeath();
  tell(stage, () => `${worker.name} dies`);
}

/** Something may happen to the worker right now. */
export function disturb(stage: Stage, worker: Worker, chance: () => number): void {
  const { troubles, time } = stage;
  if (!isTroubled(stage)) return;
  if (!worker.isDead && troubles.crash > 0 && chance() < troubles.crash) die(stage, worker);
  if (worker.callsToLive !== undefined) {
    worker.callsToLive -= 1;
    if (worker.callsToLive < 0 && !worker.isDead) die(stage, worker);
  }
  if (troubles.freeze > 0 && chance() < troubles.freeze) {
    const ms = 1_000 + 119_000 * chance() ** 2;
    worker.frozenUntilMs = time.nowMs() + ms;
    tell(stage, () => `${worker.name} stands still for ${Math.round(ms / 1000)} s`);
  }
  if (troubles.clockWrongMs > 0 && chance() < 0.02)
    worker.clockOffsetMs = Math.round((2 * chance() - 1) * troubles.clockWrongMs);
}
