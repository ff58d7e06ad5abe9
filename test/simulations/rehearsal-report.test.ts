import { describe, expect, it } from 'vitest';
import { rehearsalPage } from '../../simulations/rehearsal-page.ts';
import { nodesPlanned, rehearsalReport, rehearsalText } from '../../simulations/rehearsal-report.ts';
import { simulate } from '../../simulations/simulate.ts';
import { cluster, drainRequest, fleetObjects, member, node, statefulSet, zone } from '../fixtures/fleet.ts';
import { readList } from '../fixtures/read.ts';
import { planOf } from '../planner/plan-of.ts';

/** A cluster of three on three nodes; on n4 stands a pod for which there is no other node. */
const clusterOfThree = [
  zone('z1', node('n1', { drain: true }), node('n4', { drain: true })),
  zone('z2', node('n2')),
  zone('z3', node('n3')),
  cluster('acid-a', member('n1', 'primary'), member('n2'), member('n3')),
] as const;
const fleet = fleetObjects(...clusterOfThree, statefulSet('big', { on: ['n4'], cpu: '64' }));
const request = drainRequest();
const origin = {
  dump: 'my <fleet>.json',
  writtenAt: '2026-11-28T17:00:00.000Z',
  version: '0.1.0',
  command: 'switchyard simulate --snapshot fleet.json',
};

async function reportOf(objects: typeof fleet) {
  const plan = planOf(readList(objects), request);
  const results = await simulate({ objects: [objects], request, nodes: nodesPlanned(plan) });
  return rehearsalReport(plan, results, 1);
}

describe('the report of a rehearsal', { timeout: 60_000 }, () => {
  it('compares over the nodes that the plan replaces, and names those that it refuses', async () => {
    const report = await reportOf(fleet);
    expect(report).toMatchObject({ nodeNames: ['n1'], refusedNames: ['n4'], nodes: 1, refused: 1 });
    expect(report.strategies.map(({ finished }) => finished)).toEqual([1, 1]);
    const text = rehearsalText(report);
    expect(text).toMatch(
      /^Replacing 1 of 2 nodes as planned changes 1 primary.* Node by node the same node is \d\./,
    );
    expect(text).toContain('refused by the plan: n4; switchyard plan says why. No strategy touches it');
  });

  it('says first that nothing can be planned, and shows no figures then', async () => {
    const none = fleetObjects(
      zone('z1', node('n4', { drain: true })),
      statefulSet('big', { on: ['n4'], cpu: '64' }),
    );
    const report = await reportOf(none);
    expect(rehearsalText(report)).toBe(
      'Nothing can be planned: 1 node refused.\n\nrefused by the plan: n4; switchyard plan says why. No strategy touches it\n',
    );
    expect(rehearsalPage(report, origin)).not.toContain('<table');
  });

  it('as a page says what it is about and how it is played again, and has one landmark and tables that scroll', async () => {
    const page = rehearsalPage(await reportOf(fleet), origin);
    for (const words of [
      '<main>',
      '<h1>What if we replace n1?</h1>',
      'my &lt;fleet&gt;.json',
      '2026-11-28T17:00:00.000Z',
      '<dd>1: n4</dd>',
      'switchyard simulate --snapshot fleet.json',
    ])
      expect(page).toContain(words);
    expect(page.match(/<table>/g)?.length).toBe(page.match(/<div class="box"[^>]*><table>/g)?.length);
    expect(page).not.toContain('>0 ');
  });
});
