import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ServedWorld, serveWorld } from '../../../simulations/http/serve-world.ts';
import { createWorld } from '../../../simulations/world/create-world.ts';
import type { World } from '../../../simulations/world/world.ts';
import {
  barePod,
  cluster,
  daemonSet,
  deployment,
  fleetObjects,
  member,
  node,
  zone,
} from '../../fixtures/fleet.ts';
import { type Kubectl, kubectlFor, whyNoKubectl } from './kubectl.ts';

const missing = whyNoKubectl();

let world: World;
let served: ServedWorld;
let kubectl: Kubectl;
beforeAll(async () => {
  const fleet = fleetObjects(
    zone('z1', node('n1'), node('n2')),
    zone('z2', node('n3'), node('n4', { unschedulable: true })),
    cluster('acid-a', member('n1', 'primary'), member('n3')),
    deployment('web', { on: ['n1', 'n2', 'n3'], budget: { minAvailable: 2 } }),
    daemonSet('agent'),
    barePod('lonely', 'n3'),
  );
  world = createWorld({ objects: fleet.items, heartbeats: false });
  served = await serveWorld(world, { speed: 20 });
  kubectl = kubectlFor(served);
});
afterAll(async () => {
  kubectl.remove();
  await served.close();
});

/** Rows of a table as kubectl prints them, cells split where there are two spaces or more. */
function rows(out: string): string[][] {
  return out
    .trimEnd()
    .split('\n')
    .map((line) => line.trimEnd().split(/ {2,}/));
}

/** Output of a command that has to succeed without a word of warning. */
async function printed(...args: string[]): Promise<string> {
  const { code, out, err } = await kubectl.run(...args);
  expect({ args, code, err }).toEqual({ args, code: 0, err: '' });
  return out;
}

function nameOf(prefix: string): string {
  const found = world.store.list('Pod').find((pod) => pod.metadata.name.startsWith(prefix));
  if (found === undefined) throw new Error(`no pod ${prefix}`);
  return found.metadata.name;
}

describe.skipIf(missing !== undefined)(
  `kubectl at the sandbox${missing ? `: skipped, ${missing}` : ''}`,
  () => {
    it('get prints tables, wide ones, sorted ones, and those of several kinds', async () => {
      const nodes = rows(await printed('get', 'nodes', '-o', 'wide'));
      expect(nodes[0]).toEqual(
        'NAME STATUS ROLES AGE VERSION INTERNAL-IP EXTERNAL-IP OS-IMAGE KERNEL-VERSION CONTAINER-RUNTIME'.split(
          ' ',
        ),
      );
      expect(nodes.map((cells) => cells.slice(0, 2))).toContainEqual(['n4', 'Ready,SchedulingDisabled']);
      const sorted = rows(await printed('get', 'nodes', '--sort-by=.metadata.name'));
      expect(sorted.map(([name]) => name)).toEqual(['NAME', 'n1', 'n2', 'n3', 'n4']);
      const pods = rows(await printed('get', 'pods', '-A', '--field-selector', 'spec.nodeName=n3'));
      expect(pods.map(([, name, ready]) => [name, ready])).toContainEqual(['acid-a-1', '1/1']);
      const many = await printed('get', 'deployments,daemonsets,statefulsets,replicasets');
      expect(many).toMatch(/^deployment.apps\/web +3\/3 +3 +3 /m);
      expect(many).toMatch(/^daemonset.apps\/agent +4 +4 +4 +4 +4 +<none> /m);
      expect(many).toMatch(/^statefulset.apps\/acid-a +2\/2 /m);
      expect(many).toMatch(/^replicaset.apps\/web-\w+ +3 +3 +3 /m);
      expect(await printed('get', 'pvc,pv,ns')).toMatch(/^namespace\/default +Active /m);
    });

    it('get prints yaml, custom columns and json paths', async () => {
      const columns = 'NAME:.metadata.name,NODE:.spec.nodeName';
      expect(rows(await printed('get', 'pod', 'lonely', '-o', `custom-columns=${columns}`))).toEqual([
        ['NAME', 'NODE'],
        ['lonely', 'n3'],
      ]);
      const yaml = await printed('get', 'node', 'n1', '-o', 'yaml');
      expect(yaml).toMatch(/^kind: Node$/m);
      expect(yaml).toMatch(/^ {2}name: n1$/m);
      expect(await printed('get', 'nodes', '-o', 'jsonpath={.items[*].metadata.name}')).toBe('n1 n2 n3 n4');
    });

    it('get says what is not there', async () => {
      const none = await kubectl.run('get', 'pod', 'nobody');
      expect(none).toEqual({
        code: 1,
        out: '',
        err: 'Error from server (NotFound): pods "nobody" not found\n',
      });
      expect(await kubectl.run('get', 'events')).toEqual({
        code: 0,
        out: '',
        err: 'No resources found in default namespace.\n',
      });
    });

    it('get --watch shows each change in the columns of the first table', async () => {
      const watching = kubectl.start('get', 'nodes', '-w');
      await expect.poll(() => rows(watching.out()).length, { timeout: 10_000 }).toBe(5);
      await printed('cordon', 'n2');
      await expect
        .poll(() => watching.out(), { timeout: 10_000 })
        .toMatch(/^n2 +Ready,SchedulingDisabled +<none> +\S+ +v1/m);
      await watching.stop();
      expect(watching.out().match(/NAME/g)).toHaveLength(1);
      await printed('uncordon', 'n2');
    });

    it('describe tells of nodes and pods', async () => {
      const shown = await printed('describe', 'node', 'n1');
      expect(shown).toMatch(/^Unschedulable: +false$/m);
      expect(shown).toMatch(/^Non-terminated Pods: +\(3 in total\)$/m);
      expect(shown).toMatch(/default +acid-a-0 +/);
      const pod = await printed('describe', 'pod', 'acid-a-0');
      expect(pod).toMatch(/^Controlled By: +StatefulSet\/acid-a$/m);
      expect(pod).toMatch(/ClaimName: +pgdata-acid-a-0$/m);
    });

    it('cordon, uncordon, taint, label, annotate and patch change nodes, and say when there is nothing to do', async () => {
      expect(await printed('cordon', 'n2')).toBe('node/n2 cordoned\n');
      expect(await printed('cordon', 'n2')).toBe('node/n2 already cordoned\n');
      expect(await printed('uncordon', 'n2')).toBe('node/n2 uncordoned\n');
      expect(await printed('taint', 'node', 'n2', 'drill=yes:NoSchedule')).toBe('node/n2 tainted\n');
      const again = await kubectl.run('taint', 'node', 'n2', 'drill=yes:NoSchedule');
      expect(again.code).toBe(1);
      expect(again.err).toContain('already has drill taint(s) with same effect(s)');
      expect(await printed('taint', 'node', 'n2', 'drill-')).toBe('node/n2 untainted\n');
      expect(await printed('label', 'node', 'n2', 'color=red')).toBe('node/n2 labeled\n');
      const other = await kubectl.run('label', 'node', 'n2', 'color=blue');
      expect(other.err).toContain("'color' already has a value (red), and --overwrite is false");
      expect(await printed('get', 'nodes', '-l', 'color=red', '-o', 'name')).toBe('node/n2\n');
      expect(await printed('label', 'node', 'n2', 'color-')).toBe('node/n2 unlabeled\n');
      expect(await printed('annotate', 'node', 'n2', 'note=hello')).toBe('node/n2 annotated\n');
      expect(await printed('patch', 'node', 'n2', '-p', '{"metadata":{"annotations":{"note":null}}}')).toBe(
        'node/n2 patched\n',
      );
      expect(world.store.get('Node', undefined, 'n2')?.metadata.annotations?.note).toBeUndefined();
    });

    it('drain refuses what stands in its way, waits for budgets, and ends when they let it', async () => {
      const refused = await kubectl.run('drain', 'n1');
      expect(refused.code).toBe(1);
      expect(refused.err).toContain('cannot delete DaemonSet-managed Pods');
      const blocked = await kubectl.run('drain', 'n1', '--ignore-daemonsets', '--timeout=3s');
      expect(blocked.code).toBe(1);
      expect(blocked.err).toContain(
        `error when evicting pods/"acid-a-0" -n "default" (will retry after 5s): Cannot evict pod as it would violate the pod's disruption budget.`,
      );
      expect(blocked.err).toContain('global timeout reached: 3s');
      expect(blocked.out).toMatch(/^pod\/web-\S+ evicted$/m);
      expect(await printed('uncordon', 'n1')).toBe('node/n1 uncordoned\n');
      const unmanaged = await kubectl.run('drain', 'n3', '--ignore-daemonsets');
      expect(unmanaged.err).toContain(
        'cannot delete Pods that declare no controller (use --force to override)',
      );
      // One of three is gone already, so the second of web waits until its replacement is ready.
      const drained = await kubectl.run(
        'drain',
        'n2',
        'n3',
        '--ignore-daemonsets',
        '--force',
        '--timeout=30s',
      );
      expect(drained).toMatchObject({ code: 0 });
      expect(drained.out).toMatch(/^node\/n2 drained$/m);
      expect(drained.out).toMatch(/^node\/n3 drained$/m);
      const left = world.pods.onNode('n3').map((pod) => pod.metadata.ownerReferences?.[0]?.kind);
      expect(left).toEqual(['DaemonSet']);
      await printed('uncordon', 'n2', 'n3');
    }, 60_000);

    it('wait, rollout status and scale follow what the controllers do', async () => {
      expect(await printed('wait', '--for=condition=Ready', 'node/n1')).toBe('node/n1 condition met\n');
      expect(await printed('scale', 'deployment/web', '--replicas=4')).toBe('deployment.apps/web scaled\n');
      expect(await printed('rollout', 'status', 'deployment/web', '--timeout=15s')).toMatch(
        /deployment "web" successfully rolled out\n$/,
      );
      expect(await printed('wait', '--for=condition=Available', 'deployment/web')).toBe(
        'deployment.apps/web condition met\n',
      );
      expect(await printed('get', 'deployment', 'web')).toMatch(/^web +4\/4 +4 +4 /m);
      expect(await printed('rollout', 'status', 'daemonset/agent', '--timeout=5s')).toBe(
        'daemon set "agent" successfully rolled out\n',
      );
      const never = await kubectl.run('wait', '--for=condition=Ready=False', 'node/n1', '--timeout=1s');
      expect(never).toMatchObject({
        code: 1,
        err: 'error: timed out waiting for the condition on nodes/n1\n',
      });
    });

    it('rollout status does not claim that a new template was rolled out, for nobody does', async () => {
      expect(await printed('rollout', 'restart', 'deployment/web')).toBe('deployment.apps/web restarted\n');
      const waits = await kubectl.run('rollout', 'status', 'deployment/web', '--timeout=1s');
      expect(waits.code).toBe(1);
      expect(waits.out).toContain('Waiting for deployment spec update to be observed...');
    });

    it('delete takes a pod with its grace, and with a deployment all that it brought', async () => {
      expect(await printed('delete', 'pod', nameOf('web-'), '--grace-period=5')).toMatch(
        /^pod "web-\S+" deleted\n$/,
      );
      expect(await printed('create', 'deployment', 'shop', '--image=shop:1')).toBe(
        'deployment.apps/shop created\n',
      );
      expect(await printed('rollout', 'status', 'deployment/shop', '--timeout=15s')).toContain(
        'successfully',
      );
      const pod = `pod/${nameOf('shop-')}`;
      expect(await printed('delete', 'deployment', 'shop')).toBe('deployment.apps "shop" deleted\n');
      const gone = await kubectl.run('wait', '--for=delete', pod, '--timeout=10s');
      expect(gone.code).toBe(0);
      expect(world.store.list('ReplicaSet').map((set) => set.metadata.name.split('-')[0])).not.toContain(
        'shop',
      );
    });

    it('run starts a pod that is pending at first', async () => {
      expect(await printed('run', 'probe', '--image=probe:1', '-o', 'jsonpath={.status.phase}')).toBe(
        'Pending',
      );
      expect(await printed('delete', 'pod', 'probe', '--now')).toContain('pod "probe" deleted');
    });

    it('api-resources, can-i, version and cluster-info describe the server', async () => {
      const resources = rows(await printed('api-resources'));
      expect(resources.map(([name]) => name)).toEqual(
        expect.arrayContaining(['nodes', 'pods', 'poddisruptionbudgets', 'leases', 'statefulsets']),
      );
      expect(await printed('auth', 'can-i', 'delete', 'pods')).toBe('yes\n');
      expect(JSON.parse(await printed('get', '--raw', '/version'))).toMatchObject({
        major: '1',
        minor: '36',
      });
      expect(await printed('cluster-info')).toContain(served.kubernetesUrl);
    });

    it('top finds no metrics, as on a server without them', async () => {
      expect(await kubectl.run('top', 'nodes')).toEqual({
        code: 1,
        out: '',
        err: 'error: Metrics API not available\n',
      });
    });

    it.each([
      { args: ['logs', 'acid-a-0'], command: 'logs' },
      { args: ['exec', 'acid-a-0', '--', 'ls'], command: 'exec' },
      { args: ['attach', 'acid-a-0'], command: 'attach' },
      { args: ['port-forward', 'acid-a-0', '8008'], command: 'port-forward' },
    ])('$command is told that no container runs', async ({ args, command }) => {
      const { code, err } = await kubectl.run(...args);
      expect(code).toBe(1);
      expect(err).toContain(
        `this fleet is simulated: no container runs in pod "acid-a-0", and ${command} needs one`,
      );
    });
  },
);
