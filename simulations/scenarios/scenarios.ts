/** The named fleets: what the demo, the sandbox and the tests serve when no dump is given. */
import type { DrainRequest } from '../../planner/plan.ts';
import type { FleetObject } from './build-fleet.ts';
import { threeZones, threeZonesRequest } from './three-zones.ts';

export type Scenario = {
  readonly name: string;
  readonly about: string;
  /** As kubectl would print them. */
  readonly objects: readonly FleetObject[];
  /** The drain that goes with it. */
  readonly request: DrainRequest;
};

const scenarios: readonly Scenario[] = [
  {
    name: 'three-zones',
    about:
      'three old nodes, clusters acid-a, acid-b and acid-c of three members, a Deployment and a DaemonSet',
    objects: threeZones(),
    request: threeZonesRequest,
  },
];

/** Returns the scenario of that name; undefined: there is none. */
export function findScenario(name: string): Scenario | undefined {
  return scenarios.find((scenario) => scenario.name === name);
}
