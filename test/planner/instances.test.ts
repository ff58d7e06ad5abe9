import { describe, expect, it } from 'vitest';
import { checkPlan } from '../../planner/check/check-plan.ts';
import type { Fleet } from '../../planner/model.ts';
import type { DrainPlan, DrainRequest } from '../../planner/plan.ts';
import { planDrain } from '../../planner/plan-drain.ts';
import { loadNamedFleets, loadRandomFleets, loadSnapshot, type TinyFleet } from '../fixtures/load.ts';
import { readList } from '../fixtures/read.ts';

const all = [...loadNamedFleets(), ...loadRandomFleets()];
const hasFullSurge = ({ surgePerZone, surgeTotal }: TinyFleet) =>
  surgeTotal === null && Object.values(surgePerZone).every((surge) => surge >= 1);

function planned(fleet: Fleet, request: DrainRequest): DrainPlan {
  const answer = planDrain(fleet, request);
  if (answer.kind === 'bad-input') throw new Error(JSON.stringify(answer.problems));
  expect(checkPlan(answer.plan, fleet)).toEqual([]);
  return answer.plan;
}

function planTiny(tiny: TinyFleet): DrainPlan {
  return planned(readList(tiny.fleet), tiny.request);
}

describe('fleets with a proven optimum and an extra node in every zone', () => {
  for (const tiny of all.filter(hasFullSurge)) {
    it(`${tiny.name} is planned with exactly its least outages and weighted switchovers`, () => {
      const { certificate, refusals } = planTiny(tiny);
      expect(refusals).toEqual([]);
      expect({ outages: certificate.outages.value, switchovers: certificate.switchovers.value }).toEqual({
        outages: tiny.optimum?.outages,
        switchovers: tiny.optimum?.weightedSwitchovers,
      });
      expect(certificate.switchovers.proved).toBe(true);
    });
  }
});

describe('fleets that come with limited surge', () => {
  for (const tiny of all.filter((each) => !hasFullSurge(each) && each.optimum !== undefined)) {
    it(`${tiny.name} is planned with its optimum, and proves it`, () => {
      const { certificate, refusals } = planTiny(tiny);
      expect(refusals).toEqual([]);
      expect(certificate.outages.value).toBe(tiny.optimum?.outages);
      expect(certificate.switchovers.value).toBe(tiny.optimum?.weightedSwitchovers);
      expect(certificate.switchovers.proved).toBe(true);
    });
  }
});

describe('fleets that cannot be drained as asked', () => {
  for (const tiny of all.filter((each) => each.optimum === undefined)) {
    it(`${tiny.name} refuses what cannot be emptied and plans the rest`, () => {
      const { refusals } = planTiny(tiny);
      expect(refusals.map(({ code }) => code)).toContain('no-room');
    });
  }
});

describe('recorded fleets', () => {
  for (const [name, switchovers] of [
    ['three-zones', 3],
    ['twelve', 12],
    ['hundred', 400],
  ] as const) {
    it(`${name} needs no outage and ${switchovers} switchovers, one for each cluster`, {
      timeout: 60_000,
    }, () => {
      const snapshot = loadSnapshot(name);
      const plan = planned(readList(snapshot.fleet), snapshot.request);
      expect(plan.refusals).toEqual([]);
      expect(plan.certificate.outages).toMatchObject({ value: 0, proved: true });
      expect(plan.certificate.switchovers).toMatchObject({ value: switchovers, proved: true });
      expect(plan.certificate.waves.proved).toBe(true);
    });
  }
});
