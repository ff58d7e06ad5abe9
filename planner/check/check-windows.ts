/**
 * Windows: a cluster whose request names one changes its primary, or loses it for a moment, only while that is open. The
 * step carries the window's text, so that whoever carries the plan out needs no request beside it.
 */
import type { MoveStep, SwitchoverStep } from '../plan.ts';
import type { NumberedCluster } from './check-model.ts';
import { violate, type Walk } from './check-state.ts';

/** Notes a step that has to wait for a window and does not say so, or names another one. */
export function checkWindow(walk: Walk, step: SwitchoverStep | MoveStep, numbered: NumberedCluster): void {
  const window = walk.request.windowOf(numbered);
  if (window === undefined) return;
  const said: unknown = 'window' in step ? step.window : undefined;
  if (said !== window)
    violate(walk, 'window-missing', step, {
      cluster: numbered.cluster.key,
      window,
      said: typeof said === 'string' ? said : 'none',
    });
}
