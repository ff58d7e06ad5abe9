/**
 * Somebody closes all budgets and forgets them: no pod that they select can be evicted any more. Unlike a mishap it outlasts every deadline,
 * for only then a run has to go on without the nodes of these pods. It happens where the request asks for that.
 */
import type { Random } from '../../simulations/world/random.ts';
import { type Stage, tell } from './stage.ts';

/** Most pods that budgets select are moved later. */
const closedAfterMostMs = 120_000;

/** Plans it for the runs that are to go on without a node, and may; `chance` serves nothing else. */
export function planClosedBudgets(stage: Stage, chance: Random): void {
  if (stage.firstPlan.request.onDeadline !== 'skip-node' || stage.plans === undefined) return;
  stage.time.at(Math.ceil(closedAfterMostMs * chance.next() ** 2), () => closeBudgets(stage));
}

function closeBudgets(stage: Stage): void {
  const { store } = stage.world;
  const budgets = store.list('PodDisruptionBudget');
  for (const { metadata } of budgets)
    store.update('PodDisruptionBudget', metadata.namespace, metadata.name, (draft) => {
      draft.spec = { selector: draft.spec?.selector, maxUnavailable: 0 };
    });
  if (budgets.length === 0) return;
  stage.happened.add('budgets-closed');
  tell(stage, () => `MISHAP budgets-closed: ${budgets.map(({ metadata }) => metadata.name).join(', ')}`);
}
