import { afterEach, describe, expect, it } from 'vitest';
import { connectPatroni, type PatroniOptions } from '../../../executor/patroni/index.ts';
import { type Answer, type Asked, recordedAnswer, recording, serveAnswers } from '../answering-server.ts';

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

/** Three members under one address, each with its own path, as `acid-b` was recorded; acid-b-1 leads. */
async function acidB(
  answer: (member: string, path: string, asked: Asked) => Answer | undefined,
  options: PatroniOptions = {},
) {
  const server = await serveAnswers((asked) => {
    const [, member = '', ...rest] = asked.path.split('/');
    const path = `/${rest.join('/')}`;
    const special = answer(member, path, asked);
    if (special !== undefined) return special;
    if (path === '/cluster') return recordedAnswer('patroni', '003-leader-get-cluster');
    if (path === '/config') return recordedAnswer('patroni', '004-leader-get-config');
    if (path === '/patroni')
      return recordedAnswer(
        'patroni',
        member === 'acid-b-1' ? '002-leader-get-patroni' : '026-replica-get-patroni',
      );
    return { status: 404 };
  });
  const patroni = connectPatroni({ readDeadlineMs: 200, switchoverDeadlineMs: 400, ...options });
  open.push(server, patroni);
  const members = ['acid-b-0', 'acid-b-1', 'acid-b-2'].map((name) => ({
    name,
    url: `${server.url}/${name}`,
  }));
  return { server, patroni, members, leader: { name: 'acid-b-1', url: `${server.url}/acid-b-1` } };
}

describe('reading a cluster', () => {
  it('asks the leader itself who streams, whoever answered first', async () => {
    const { patroni, members, server } = await acidB(() => undefined);
    const view = await patroni.readCluster(members);
    expect(view.leader).toBe('acid-b-1');
    expect(view.members.filter((member) => member.streaming).map((member) => member.name)).toEqual([
      'acid-b-0',
      'acid-b-2',
    ]);
    expect(server.asked.map((asked) => asked.path).toSorted()).toEqual([
      '/acid-b-0/cluster',
      '/acid-b-1/cluster',
      '/acid-b-1/config',
      '/acid-b-1/patroni',
    ]);
  });

  it('asks a replica that another one is told to stream from who streams from it', async () => {
    const { body } = recording('patroni', '003-leader-get-cluster').response;
    const { members: listed }: { members: { name: string }[] } = JSON.parse(JSON.stringify(body));
    const tagged = (upstream: string) => ({
      members: listed.map((each) =>
        each.name === 'acid-b-2' ? { ...each, tags: { replicatefrom: upstream } } : each,
      ),
    });
    const connection = (name: string) => ({ application_name: name, state: 'streaming' });
    const viewWith = async (upstream: string) => {
      const { patroni, members, server } = await acidB((member, path) => {
        if (path === '/cluster') return { status: 200, body: tagged(upstream) };
        if (path !== '/patroni') return undefined;
        const leads = member === 'acid-b-1';
        const own = recording('patroni', leads ? '002-leader-get-patroni' : '026-replica-get-patroni');
        const replication = [connection(leads ? 'acid-b-0' : 'acid-b-2')];
        return { status: 200, body: { ...(own.response.body as object), replication } };
      });
      const view = await patroni.readCluster(members);
      const asked = server.asked.map(({ path }) => path).filter((path) => path.endsWith('/patroni'));
      return { last: view.members.find(({ name }) => name === 'acid-b-2'), asked: asked.toSorted() };
    };
    expect(await viewWith('acid-b-0')).toMatchObject({
      last: { streaming: false, streamsFromReplica: true },
      asked: ['/acid-b-0/patroni', '/acid-b-1/patroni'],
    });
    // Where it is not there, or leads, Patroni has the member stream from the leader: its list alone counts.
    for (const upstream of ['acid-b-1', 'acid-b-7', 'acid-b-2']) {
      const { last, asked } = await viewWith(upstream);
      expect(last).not.toHaveProperty('streamsFromReplica');
      expect(asked).toEqual(['/acid-b-1/patroni']);
    }
  });

  it('takes a member without an address, as a pod is before its Patroni has written anything', async () => {
    // As Patroni 3.0.2 lists it: https://github.com/patroni/patroni/blob/v3.0.2/patroni/utils.py (cluster_as_json)
    const empty = { name: 'acid-b-2', role: 'replica', state: '', api_url: null, lag: 'unknown' };
    const { patroni, members } = await acidB((_member, path) => {
      if (path !== '/cluster') return undefined;
      const { body } = recording('patroni', '003-leader-get-cluster').response;
      const listed: readonly { name: string }[] = JSON.parse(JSON.stringify(body)).members;
      const others = listed.filter(({ name }) => name !== empty.name);
      return { status: 200, body: JSON.stringify({ members: [...others, empty] }) };
    });
    const view = await patroni.readCluster(members);
    expect(view.leader).toBe('acid-b-1');
    expect(view.members.find(({ name }) => name === 'acid-b-2')).toMatchObject({
      state: '',
      role: 'replica',
    });
    expect(view.members.find(({ name }) => name === 'acid-b-2')).not.toHaveProperty('lagBytes');
  });

  it('says of each member why it gave no answer', async () => {
    const troubles: Record<string, Answer> = {
      'acid-b-0': 'hang',
      'acid-b-1': { status: 200, body: '<html>' },
      'acid-b-2': { status: 403, body: 'Access is denied' },
    };
    const { patroni, members } = await acidB((member) => troubles[member]);
    await expect(patroni.readCluster(members)).rejects.toMatchObject({
      said: 'no answer from acid-b-0 (no answer within 200 ms), acid-b-1 (not as Patroni answers), acid-b-2 (answers 403)',
    });
  });

  it('goes on to the next member where one hangs, hangs up or is not itself', async () => {
    const troubles: Record<string, Answer> = {
      'acid-b-0': 'hang',
      'acid-b-2': { status: 200, body: '<html>' },
    };
    const { patroni, members } = await acidB((member) => troubles[member]);
    expect((await patroni.readCluster(members)).leader).toBe('acid-b-1');
  });

  it('takes two deadlines at most where all members hang, however many there are: a look that takes longer decides nothing', async () => {
    const { patroni, server } = await acidB(() => 'hang');
    const members = Array.from({ length: 8 }, (_, place) => ({
      name: `acid-b-${place}`,
      url: `${server.url}/acid-b-${place}`,
    }));
    const beganMs = performance.now();
    await expect(patroni.readCluster(members)).rejects.toThrow('acid-b-7 (no answer within 200 ms)');
    // One after the other would take 1.6 s.
    expect(performance.now() - beganMs).toBeLessThan(1_200);
  });

  it('takes two deadlines at most where the first that is asked and the leader hang: who answers is taken at his word at once', async () => {
    const { patroni, members } = await acidB((member) => (member === 'acid-b-2' ? undefined : 'hang'), {
      readDeadlineMs: 1_000,
    });
    const beganMs = performance.now();
    const view = await patroni.readCluster(members);
    expect(view.leader).toBe('acid-b-1');
    expect(view.members.some((member) => member.streaming)).toBe(false);
    expect(performance.now() - beganMs).toBeLessThan(2_700);
  });

  it('leaves nobody streaming when the leader does not answer', async () => {
    const { patroni, members } = await acidB((member) => (member === 'acid-b-1' ? 'drop' : undefined));
    const view = await patroni.readCluster(members);
    expect(view.leader).toBe('acid-b-1');
    expect(view.members.some((member) => member.streaming)).toBe(false);
  });

  it('believes the leader that was named when it says that another one leads by now', async () => {
    const { patroni, members } = await acidB((member, path) =>
      member === 'acid-b-1' && path === '/cluster'
        ? recordedAnswer('patroni', '072-cluster-paused')
        : undefined,
    );
    const view = await patroni.readCluster(members);
    expect(view.leader).toBe('acid-b-0');
    expect(view.members.some((member) => member.streaming)).toBe(false);
  });

  it('is a failure of the outside when no member answers, or none has an address', async () => {
    const { patroni, members } = await acidB(() => 'drop');
    await expect(patroni.readCluster(members)).rejects.toMatchObject({
      code: 'unreachable',
      target: 'patroni',
    });
    await expect(patroni.readCluster([])).rejects.toThrow('no member has an address');
  });
});

describe('a switchover', () => {
  it('names leader and candidate, and logs in where it has to', async () => {
    const { patroni, leader, server } = await acidB(
      (_member, path) =>
        path === '/switchover'
          ? { status: 200, body: 'Successfully switched over to "acid-b-0"' }
          : undefined,
      { authentication: { username: 'admin', password: 'pw' } },
    );
    expect(await patroni.switchover(leader, 'acid-b-0')).toEqual({ kind: 'switched', to: 'acid-b-0' });
    const [asked] = server.asked;
    expect(asked).toMatchObject({ method: 'POST', path: '/acid-b-1/switchover' });
    expect(JSON.parse(asked?.body ?? '')).toEqual({ leader: 'acid-b-1', candidate: 'acid-b-0' });
    expect(asked?.headers.authorization).toBe(`Basic ${Buffer.from('admin:pw').toString('base64')}`);
  });

  it('waits longer for its answer than for others', async () => {
    const { patroni, leader } = await acidB((_member, path) =>
      path === '/switchover'
        ? { ...recordedAnswer('patroni', '065-switchover-ok-candidate'), afterMs: 300 }
        : undefined,
    );
    expect(await patroni.switchover(leader, 'acid-b-0')).toEqual({ kind: 'switched', to: 'acid-b-0' });
  });

  it.each<[string, Answer]>([
    ['is lost', 'drop'],
    ['does not come', 'hang'],
  ])('is unknown, and asked exactly once, when its answer %s', async (_name, answer) => {
    const { patroni, leader, server } = await acidB(() => answer);
    expect((await patroni.switchover(leader, 'acid-b-0')).kind).toBe('unknown');
    expect(server.asked).toHaveLength(1);
  });

  it('is unknown when nobody listens there', async () => {
    const { patroni, leader, server } = await acidB(() => 'hang');
    await server.close();
    open.splice(open.indexOf(server), 1);
    expect((await patroni.switchover(leader, 'acid-b-0')).kind).toBe('unknown');
  });
});
