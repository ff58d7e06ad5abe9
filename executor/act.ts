/**
 * Performs one act through the ports and names what came of it. Tries once; looks before it acts only where the port does.
 */
import type { Facts } from '../planner/plan.ts';
import type { Answer } from './answers.ts';
import type { RunContext } from './contexts.ts';
import type { Act } from './journal.ts';
import type { RunFold } from './record/run-fold.ts';

export type Performed = { readonly answer: Answer; readonly facts: Facts };

/** Returns the named answer. Throws OutsideError where there was none; a switchover never throws for a lost answer. */
export async function perform(ctx: RunContext, { plan }: RunFold, act: Act): Promise<Performed> {
  const { kubernetes, pipeline } = ctx.ports;
  switch (act.kind) {
    case 'fence':
    case 'unfence':
    case 'cordon':
    case 'uncordon':
    case 'mark-released': {
      const node = { name: act.node, resourceVersion: act.resourceVersion };
      return plain(await kubernetes.changeNode(node, { kind: act.kind, run: ctx.runId }));
    }
    case 'want-node':
      await pipeline.wantNode({
        key:
          act.plan === undefined
            ? `${ctx.runId}.${act.planNode}`
            : `${ctx.runId}.${act.plan.slice(0, 8)}.${act.planNode}`,
        zone: act.zone,
        labels: plan.request.replacement?.labels ?? {},
      });
      return plain('done');
    case 'node-released':
      await pipeline.nodeReleased({
        name: act.node,
        ...(act.providerId === undefined ? {} : { providerId: act.providerId }),
      });
      return plain('done');
    case 'evict': {
      const { kind: _, ownerKind: _owner, ...pod } = act;
      const said = await kubernetes.evict(pod);
      return 'message' in said ? { answer: said.kind, facts: { message: said.message } } : plain(said.kind);
    }
    case 'hold-pod':
    case 'unhold-pod': {
      const { kind, ...pod } = act;
      const said = await kubernetes.changePod(pod, { kind, run: ctx.runId });
      return 'message' in said ? { answer: said.kind, facts: { message: said.message } } : plain(said.kind);
    }
    case 'switchover':
      return performSwitchover(ctx, act);
    case 'scale': {
      const { kind: _, ...set } = act;
      return plain(await kubernetes.scaleStatefulSet(set));
    }
  }
}

async function performSwitchover(
  ctx: RunContext,
  act: Extract<Act, { kind: 'switchover' }>,
): Promise<Performed> {
  const leader = { name: act.leader, url: act.leaderUrl };
  const said = await ctx.ports.patroni.switchover(leader, act.candidate);
  switch (said.kind) {
    case 'switched':
    case 'other-target':
      return { answer: said.kind, facts: { to: said.to } };
    case 'not-done':
      return { answer: said.kind, facts: { status: said.status, message: said.message } };
    case 'unknown':
      return { answer: said.kind, facts: { message: said.message } };
  }
}

function plain(answer: Answer): Performed {
  return { answer, facts: {} };
}
