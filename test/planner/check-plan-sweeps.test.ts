import { describe, expect, it } from 'vitest';
import { checkPlan } from '../../planner/check/check-plan.ts';
import { explainViolation } from '../../planner/explain/explain-violation.ts';
import type { Fleet } from '../../planner/model.ts';
import type { DrainPlan, Step } from '../../planner/plan.ts';
import { planDrain } from '../../planner/plan-drain.ts';
import {
  cluster,
  clusterWith,
  deployment,
  drainRequest,
  fleetObjects,
  member,
  node,
  threeZones,
  zone,
} from '../fixtures/fleet.ts';
import { loadTinyFleet } from '../fixtures/load.ts';
import { fleetOf } from './hand-plan.ts';

type Planned = { readonly name: string; readonly fleet: Fleet; readonly plan: DrainPlan };
/** A plan broken on purpose, or undefined where this way of breaking does not apply to it. */
type Mutation = {
  readonly name: string;
  readonly break: (plan: DrainPlan, fleet: Fleet) => readonly DrainPlan[];
};

function planned(name: string, fleet: Fleet, request = drainRequest()): Planned {
  const answer = planDrain(fleet, request);
  if (answer.kind === 'bad-input') throw new Error(JSON.stringify(answer.problems));
  return { name, fleet, plan: answer.plan };
}

function recorded(name: string): Planned {
  const tiny = loadTinyFleet(name);
  return planned(name, fleetOf(tiny.fleet), tiny.request);
}

const fleets: readonly Planned[] = [
  planned("the talk's example", fleetOf(threeZones())),
  planned(
    'two nodes in a zone, one after the other, other pods among the members',
    fleetOf(
      fleetObjects(
        zone('z1', node('n1', { drain: true }), node('n2', { drain: true }), node('k1')),
        zone('z2', node('m1', { drain: true }), node('k2')),
        cluster('acid-a', member('n1', 'primary'), member('m1')),
        cluster('acid-b', member('n2'), member('k2', 'primary')),
        deployment('web', { on: ['n1', 'n2', 'k1'], budget: { maxUnavailable: 1 } }),
      ),
    ),
  ),
  planned(
    'a single member restarted',
    fleetOf(
      fleetObjects(
        zone('z1', node('n1', { drain: true })),
        cluster('acid-a', clusterWith({ primaryBudget: 0 }), member('n1', 'primary')),
      ),
    ),
  ),
  recorded('10-single-member-scaleout'),
  recorded('15-strict-acyclic'),
  recorded('24-three-cycle-global-1'),
  recorded('30-zero-surge-all-primaries'),
  recorded('r009-other-pods'),
];

const withSteps = (plan: DrainPlan, steps: readonly Step[]): DrainPlan => ({ ...plan, steps });

/** The plan with each step that `picks` takes changed on its own, so that one call gives many broken plans. */
function eachStep(
  plan: DrainPlan,
  change: (step: Step) => Step | undefined | 'as it is',
): readonly DrainPlan[] {
  return plan.steps.flatMap((step, index) => {
    const instead = change(step);
    if (instead === 'as it is') return [];
    const rest = plan.steps.slice(index + 1);
    // A step left out hands its `after` on, or every mutation would be caught for the broken reference alone.
    const heirs = rest.map((other) =>
      instead === undefined && other.after.includes(step.id)
        ? { ...other, after: [...new Set([...other.after.filter((id) => id !== step.id), ...step.after])] }
        : other,
    );
    return [
      withSteps(plan, [...plan.steps.slice(0, index), ...(instead === undefined ? [] : [instead]), ...heirs]),
    ];
  });
}

/** Counts that follow the steps, so that a step left out is caught by what is missing and not by a sum. */
function recount(plan: DrainPlan): DrainPlan {
  const count = (kind: Step['kind']) => plan.steps.filter((step) => step.kind === kind).length;
  return { ...plan, summary: { ...plan.summary, moves: count('move'), nodes: count('release') } };
}

const mutations: readonly Mutation[] = [
  ...(
    ['add-node', 'move', 'switchover', 'scale-out', 'scale-in', 'release', 'fence', 'unfence'] as const
  ).map((kind) => ({
    name: `a ${kind} left out`,
    break: (plan: DrainPlan) =>
      eachStep(plan, (step) => (step.kind === kind ? undefined : 'as it is')).map(recount),
  })),
  {
    // A cordon on top of a fence keeps nothing more away: leaving it out is legal, the node is closed all the same. So the
    // cordon is brought forward instead, to where the primaries still are.
    name: 'a cordon brought to the front',
    break: (plan) =>
      plan.steps.flatMap((step) => {
        const holdsPrimary = plan.steps.some(
          (each) =>
            each.kind === 'switchover' &&
            primaryNode(plan, each.cluster, each.from) === ('node' in step ? step.node : ''),
        );
        if (step.kind !== 'cordon' || !holdsPrimary) return [];
        return [withSteps(plan, [{ ...step, after: [] }, ...plan.steps.filter((each) => each !== step)])];
      }),
  },
  {
    name: 'a switchover after the move of the primary it was for',
    break: (plan) =>
      plan.steps.flatMap((step) => {
        if (step.kind !== 'switchover') return [];
        const departure = plan.steps.find(
          (each) =>
            each.kind === 'move' &&
            each.cluster === step.cluster &&
            each.member === step.from &&
            plan.steps.indexOf(each) > plan.steps.indexOf(step),
        );
        return departure === undefined ? [] : [swapped(plan, step, departure)];
      }),
  },
  {
    name: 'a switchover to another member than the one that has moved',
    break: (plan) =>
      eachStep(plan, (step) => (step.kind === 'switchover' ? { ...step, to: step.from } : 'as it is')),
  },
  {
    name: 'a second switchover back',
    break: (plan) =>
      plan.steps.flatMap((step, index) => {
        if (step.kind !== 'switchover') return [];
        const back: Step = { ...step, id: 'back', after: [step.id], from: step.to, to: step.from };
        return [withSteps(plan, [...plan.steps.slice(0, index + 1), back, ...plan.steps.slice(index + 1)])];
      }),
  },
  {
    name: 'a move to a node of nowhere',
    break: (plan) =>
      eachStep(plan, (step) => (step.kind === 'move' ? { ...step, to: 'nowhere' } : 'as it is')),
  },
  {
    name: 'a move back to where it stands',
    break: (plan) =>
      eachStep(plan, (step) => (step.kind === 'move' ? { ...step, to: step.from } : 'as it is')),
  },
  {
    name: 'a move of another UID',
    break: (plan) =>
      eachStep(plan, (step) => (step.kind === 'move' ? { ...step, uid: 'other' } : 'as it is')),
  },
  {
    name: 'a move whose outage is forged',
    break: (plan) =>
      eachStep(plan, (step) => (step.kind === 'move' ? { ...step, outage: !step.outage } : 'as it is')),
  },
  {
    name: 'a member passed off as some other pod',
    break: (plan) =>
      eachStep(plan, (step) =>
        step.kind === 'move' && step.cluster !== null ? { ...step, cluster: null, member: null } : 'as it is',
      ),
  },
  {
    name: 'a release before the last pod has left',
    break: (plan) =>
      plan.steps.flatMap((step) => {
        if (step.kind !== 'release') return [];
        const last = plan.steps.findLast(
          (each) =>
            (each.kind === 'move' && each.from === step.node) ||
            (each.kind === 'scale-in' && each.node === step.node),
        );
        return last === undefined ? [] : [swapped(plan, last, step)];
      }),
  },
  {
    name: 'a node added twice',
    break: (plan) =>
      plan.steps.flatMap((step, index) =>
        step.kind === 'add-node'
          ? [
              withSteps(plan, [
                ...plan.steps.slice(0, index + 1),
                { ...step, id: 'twice', after: [step.id] },
                ...plan.steps.slice(index + 1),
              ]),
            ]
          : [],
      ),
  },
  {
    name: 'a node added in a zone of nowhere',
    break: (plan) =>
      eachStep(plan, (step) => (step.kind === 'add-node' ? { ...step, zone: 'z9' } : 'as it is')),
  },
  {
    name: 'a kept or new node fenced and left so',
    break: (plan, fleet) => {
      const kept = fleet.nodes.find(
        (each) => !plan.steps.some((step) => step.kind === 'release' && step.node === each.name),
      )?.name;
      const added = plan.steps.find((step) => step.kind === 'add-node')?.node;
      const last = plan.steps.at(-1);
      return [kept, added].flatMap((name) => {
        if (name === undefined || last === undefined) return [];
        const fence: Step = {
          id: 'stray',
          kind: 'fence',
          node: name,
          after: [last.id],
          wave: last.wave,
          because: last.because,
          estimateSeconds: 1,
        };
        return [withSteps(plan, [...plan.steps, fence])];
      });
    },
  },
  {
    name: 'two steps of one name',
    break: (plan) =>
      plan.steps.length < 2
        ? []
        : [
            withSteps(
              plan,
              plan.steps.map((step, index) =>
                index === 1 ? { ...step, id: plan.steps[0]?.id ?? '' } : step,
              ),
            ),
          ],
  },
  {
    name: 'an `after` of nowhere, or of a later step',
    break: (plan) => [
      ...eachStep(plan, (step) => ({ ...step, after: [...step.after, 'nowhere'] })).slice(0, 1),
      withSteps(
        plan,
        plan.steps.map((step, index) =>
          index === 0 ? { ...step, after: [plan.steps.at(-1)?.id ?? ''] } : step,
        ),
      ),
    ],
  },
  {
    name: 'a drained node refused as well',
    break: (plan) =>
      plan.steps.flatMap((step) =>
        step.kind === 'release'
          ? [
              {
                ...plan,
                refusals: [
                  ...plan.refusals,
                  {
                    code: 'no-room' as const,
                    severity: 'stops' as const,
                    node: step.node,
                    pods: [],
                    facts: {},
                  },
                ],
              },
            ]
          : [],
      ),
  },
  {
    name: 'every path between the steps of a cluster cut',
    break: (plan) => {
      const keys = new Set(
        plan.steps.flatMap((step) => ('cluster' in step && step.cluster !== null ? [step.cluster] : [])),
      );
      return [...keys].flatMap((key) => {
        const ofCluster = plan.steps.filter((step) => 'cluster' in step && step.cluster === key);
        // One step of a cluster on its own has nobody to be in order with.
        if (ofCluster.length < 2) return [];
        const fences = plan.steps.filter((step) => step.kind === 'fence').map((step) => step.id);
        return [
          withSteps(
            plan,
            plan.steps.map((step) =>
              ofCluster.includes(step) && step.kind !== 'scale-in'
                ? {
                    ...step,
                    after: fences.filter(
                      (id) => plan.steps.findIndex((each) => each.id === id) < plan.steps.indexOf(step),
                    ),
                  }
                : step,
            ),
          ),
        ];
      });
    },
  },
  {
    name: 'a move that waits for nothing',
    break: (plan) => eachStep(plan, (step) => (step.kind === 'move' ? { ...step, after: [] } : 'as it is')),
  },
  {
    name: 'a release that waits for nothing',
    break: (plan) =>
      eachStep(plan, (step) => (step.kind === 'release' ? { ...step, after: [] } : 'as it is')),
  },
  {
    name: 'a cordon that waits for nothing, where it holds a primary',
    break: (plan) =>
      eachStep(plan, (step) =>
        step.kind === 'cordon' &&
        plan.steps.some(
          (each) => each.kind === 'switchover' && primaryNode(plan, each.cluster, each.from) === step.node,
        )
          ? { ...step, after: [] }
          : 'as it is',
      ),
  },
  {
    name: 'a summary that flatters',
    break: (plan) =>
      (['outages', 'switchovers', 'weightedSwitchovers', 'moves', 'waves', 'nodes'] as const).flatMap(
        (field) => [
          { ...plan, summary: { ...plan.summary, [field]: plan.summary[field] + 1 } },
          { ...plan, summary: { ...plan.summary, [field]: plan.summary[field] - 1 } },
        ],
      ),
  },
  {
    name: 'a surge that flatters',
    break: (plan) => [
      {
        ...plan,
        summary: {
          ...plan.summary,
          surgeByZone: { ...plan.summary.surgeByZone, z1: (plan.summary.surgeByZone.z1 ?? 0) + 1 },
        },
      },
    ],
  },
  {
    name: 'a certificate that flatters',
    break: (plan) =>
      (['outages', 'switchovers', 'waves'] as const).flatMap((field) => {
        const entry = plan.certificate[field];
        const forge = (forged: typeof entry) => ({
          ...plan,
          certificate: { ...plan.certificate, [field]: forged },
        });
        return [
          forge({ ...entry, proved: !entry.proved }),
          forge({ bound: entry.value - 1, value: entry.value - 1, proved: true }),
          forge({ bound: entry.value + 1, value: entry.value, proved: false, gap: -1 }),
        ];
      }),
  },
  {
    name: 'a verdict that flatters',
    break: (plan) =>
      Object.entries(plan.clusters).flatMap(([key, verdict]) => [
        {
          ...plan,
          clusters: { ...plan.clusters, [key]: { ...verdict, switchovers: verdict.switchovers + 1 } },
        },
        { ...plan, clusters: { ...plan.clusters, [key]: { ...verdict, outages: verdict.outages + 1 } } },
        {
          ...plan,
          clusters: Object.fromEntries(Object.entries(plan.clusters).filter(([other]) => other !== key)),
        },
      ]),
  },
  {
    name: 'another snapshot',
    break: (plan) => [
      {
        ...plan,
        snapshot: {
          ...plan.snapshot,
          hash: plan.snapshot.hash.replace(/^./, (digit) => (digit === '0' ? '1' : '0')),
        },
      },
    ],
  },
];

/** Where a member stands when its switchover comes. */
function primaryNode(plan: DrainPlan, key: string, memberName: string): string | undefined {
  const departure = plan.steps.find(
    (step) =>
      (step.kind === 'move' || step.kind === 'scale-in') &&
      step.cluster === key &&
      step.member === memberName,
  );
  if (departure?.kind === 'move') return departure.from;
  return departure?.kind === 'scale-in' ? departure.node : undefined;
}

/** The two change places in the list; each waits for what stands before it, so that no reference is broken. */
function swapped(plan: DrainPlan, first: Step, second: Step): DrainPlan {
  const order = plan.steps.map((step) => (step === first ? second : step === second ? first : step));
  return withSteps(
    plan,
    order.map((step, index) => ({ ...step, after: order.slice(0, index).map((each) => each.id) })),
  );
}

describe('every plan below is right as it is', () => {
  it.each(fleets)('$name', ({ plan, fleet }) => {
    expect(checkPlan(plan, fleet).map(explainViolation)).toEqual([]);
    expect(plan.steps.length).toBeGreaterThan(3);
  });
});

describe('a broken plan is caught:', () => {
  it.each(mutations)('$name', (mutation) => {
    let tried = 0;
    const missed: string[] = [];
    for (const { name, plan, fleet } of fleets)
      for (const [index, broken] of mutation.break(plan, fleet).entries()) {
        tried += 1;
        if (checkPlan(broken, fleet).length === 0) missed.push(`${name}: mutation ${index}`);
      }
    expect(tried).toBeGreaterThan(0);
    expect(missed).toEqual([]);
  });
});
