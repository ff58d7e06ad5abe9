/**
 * Bugs to be planted in a copy of the executor, one at a time: what a tired hand would change. Seeded runs have to find each of them;
 * one that they do not find is a guard that nothing watches. Where a second guard catches what the first one lets through, one bug
 * takes both away, and says so.
 */
export type PlantedBug = {
  readonly name: string;
  /** One run alone does not show it: two on one fleet have to find it (play-two-runs.ts). */
  readonly isForTwo?: true;
  readonly changes: readonly {
    /** In executor/. */
    readonly file: string;
    /** Stands in the file exactly once. */
    readonly find: string;
    readonly replace: string;
  }[];
};

export const plantedBugs: readonly PlantedBug[] = [
  {
    // A foreign primary halts the run before the guard is asked: both are gone.
    name: 'a member that leads is evicted like any other',
    changes: [
      {
        file: 'decide/guards.ts',
        find: "  if (leader === member) {\n    return blocked('is-primary'",
        replace: "  if (leader === '') {\n    return blocked('is-primary'",
      },
      {
        file: 'decide/decide-member-move.ts',
        find: 'leader === undefined || ours === undefined || leader === ours',
        replace: 'leader === undefined || ours === undefined || cluster.pods.length > 0',
      },
    ],
  },
  {
    name: 'a replica is evicted while the leader does not answer',
    changes: [
      {
        file: 'decide/guards.ts',
        find: 'return leaderSilent === true',
        replace: 'return leaderSilent === undefined && false',
      },
    ],
  },
  {
    name: 'a second member is evicted while one does not stream',
    changes: [
      {
        file: 'decide/guards.ts',
        find: 'other.name !== cluster.patroni.leader && !isStreaming(other)',
        replace: 'other.name !== cluster.patroni.leader && other.streaming === undefined',
      },
    ],
  },
  {
    name: 'a second member is evicted while the pod of one does not exist',
    changes: [
      {
        file: 'decide/guards.ts',
        find: 'others < cluster.wanted - 1',
        replace: 'others < cluster.wanted - 99',
      },
    ],
  },
  {
    // No switchover is asked for while any replica does not stream: that is gone as well.
    name: 'Ready is taken for streaming',
    changes: [
      {
        file: 'decide/guards.ts',
        find: "  if (member === undefined || !member.streaming) {\n    return blocked('candidate-not-streaming'",
        replace: "  if (member === undefined) {\n    return blocked('candidate-not-streaming'",
      },
      {
        file: 'decide/decide-switchover.ts',
        find: '    () => othersAreWhole(cluster, step.from),\n',
        replace: '',
      },
    ],
  },
  {
    name: 'somebody with the tag nofailover is asked to lead',
    changes: [
      {
        file: 'decide/guards.ts',
        find: '  if (member.nofailover) {',
        replace: "  if (member.name === '') {",
      },
    ],
  },
  {
    name: 'a candidate may be any number of bytes behind',
    changes: [
      {
        file: 'decide/guards.ts',
        find: 'member.lagBytes > limitBytes',
        replace: 'member.lagBytes > 1e15',
      },
    ],
  },
  {
    // The move of the candidate is not done before its lag is known, nor is it asked to lead: both are gone.
    name: 'unknown lag is taken for none',
    changes: [
      {
        file: 'decide/decide-member-move.ts',
        find: 'if (member.lagBytes === undefined) {',
        replace: 'if (member.lagBytes === -1) {',
      },
      {
        file: 'decide/guards.ts',
        find: 'if (member.lagBytes === undefined) {',
        replace: 'if (member.lagBytes === -1) {',
      },
    ],
  },
  {
    name: 'members on other timelines are no reason to wait',
    changes: [
      {
        file: 'decide/guards.ts',
        find: 'if (member.timeline !== timeline && !(isUnknown && member.name !== candidate)) {',
        replace: 'if (member.timeline === -1 && isUnknown) {',
      },
    ],
  },
  {
    name: 'a member of which Patroni says nothing is taken for well',
    changes: [
      {
        file: 'decide/guards.ts',
        find: 'pod.name !== member && memberOf(cluster, pod.name) === undefined',
        replace: "pod.name === '' && memberOf(cluster, pod.name) === undefined",
      },
    ],
  },
  {
    // The leader's own entry does not stream, which blocks as well: both are gone.
    name: 'a member is evicted while nobody is known to lead',
    changes: [
      {
        file: 'decide/guards.ts',
        find: 'other.name !== cluster.patroni.leader && !isStreaming(other)',
        replace: "other.role !== 'leader' && !isStreaming(other)",
      },
      {
        file: 'decide/guards.ts',
        find: "  if (leader === undefined) {\n    return blocked('member-unavailable', cluster.key, { why: 'no leader' });\n  }\n  if (leader === member)",
        replace: '  if (leader === member)',
      },
    ],
  },
  {
    name: 'a member is evicted while a switchover that somebody has scheduled is near',
    changes: [
      {
        file: 'decide/guards.ts',
        find: 'memory.nowMs + memory.pace.scheduledReserveMs',
        replace: '0',
      },
    ],
  },
  {
    name: 'a switchover wipes out what somebody has scheduled',
    changes: [
      {
        file: 'decide/guards.ts',
        find: 'at === undefined || Date.parse(at) >= beforeMs',
        replace: 'at === undefined || beforeMs === Number.POSITIVE_INFINITY || Date.parse(at) >= beforeMs',
      },
    ],
  },
  {
    name: 'a member is evicted, or asked to lead, while the leader stops',
    changes: [
      {
        file: 'decide/guards.ts',
        find: 'leader === undefined || servingStates.includes(leader.state)',
        replace: 'leader === undefined || leader.state !== null',
      },
    ],
  },
  {
    name: 'a switchover is given up while the leader still stops for it',
    changes: [
      {
        file: 'decide/decide-switchover.ts',
        find: 'if (timeline === undefined || leaderSilent === true || leaderRuns(sight.cluster) !== undefined) {',
        replace: "if (sight.kind !== 'switchover') {",
      },
    ],
  },
  {
    name: 'a member of a paused cluster is evicted, which Patroni would not start again',
    changes: [
      { file: 'decide/decide-member-move.ts', find: '    () => isNotPaused(cluster),\n', replace: '' },
    ],
  },
  {
    name: 'a paused cluster is asked to switch over',
    changes: [
      {
        file: 'decide/guards.ts',
        find: 'return cluster.patroni.paused ? blocked',
        replace: 'return cluster.patroni.timeline === -1 ? blocked',
      },
    ],
  },
  {
    name: 'an unknown answer to a switchover is taken for a no',
    changes: [
      {
        file: 'answers.ts',
        find: "  'not-done',\n  'withdrawn',\n  'seen-not-done',\n]);",
        replace: "  'not-done',\n  'unknown',\n  'withdrawn',\n  'seen-not-done',\n]);",
      },
    ],
  },
  {
    name: 'a switchover without answer is asked for again at once',
    changes: [
      {
        file: 'decide/decide-switchover.ts',
        find: '  if (sinceMs >= pace.switchoverSettleMs) {',
        replace: '  if (sinceMs >= 0) {',
      },
    ],
  },
  {
    name: 'any promotion is taken for the one that was asked for',
    changes: [
      {
        file: 'decide/decide-switchover.ts',
        find: '  if (asked === undefined) {\n    return roleChangedByOthers(cluster, memory, step.from, to);',
        replace:
          '  if (asked === undefined) {\n    return done({ from: step.from, to, ...(timeline === undefined ? {} : { timeline }) });',
      },
    ],
  },
  {
    name: 'more switchovers at once than the request allows',
    changes: [
      {
        file: 'decide/plan-questions.ts',
        find: 'if (other.step.id !== step.id && (other.acts.at(-1)?.sequence ?? 0) < sequence) {',
        replace: "if (step.id === 's0' && (other.acts.at(-1)?.sequence ?? 0) < sequence) {",
      },
    ],
  },
  {
    // Plans of this planner have one step of a cluster after the other: what comes first is forgotten too.
    name: 'two steps of one cluster act at the same time',
    changes: [
      {
        file: 'decide/plan-questions.ts',
        find: '      excludeEachOther(step, other.step) &&\n      (other.acts',
        replace: "      step.id === 's0' &&\n      (other.acts",
      },
      {
        file: 'record/fold-lane.ts',
        find: 'lane.step.after.every(isDone)',
        replace: "lane.step.after.every((id) => isDone(id) || 'cluster' in lane.step)",
      },
    ],
  },
  {
    name: 'an act on the strength of an old look',
    changes: [
      {
        file: 'advance-step.ts',
        find: 'return ctx.clock.nowMs() - lookedAtMs > ctx.pace.staleAfterMs;',
        replace: 'return ctx.clock.nowMs() - lookedAtMs > 1e12;',
      },
    ],
  },
  {
    name: 'an act that is begun although the run is paused or halted',
    changes: [
      {
        file: 'advance-step.ts',
        find: '    whileRunning: true,\n',
        replace: '',
      },
    ],
  },
  {
    name: 'an act that is done before it is written down',
    changes: [
      {
        file: 'advance-step.ts',
        find: "  const written = await appendToStep(ctx, {\n    lane: ctx.stepId,\n    after: lane.last,\n    event: { kind: 'act', act },",
        replace:
          "  if (act.kind === 'fence') await perform(ctx, fold, act);\n  const written = await appendToStep(ctx, {\n    lane: ctx.stepId,\n    after: lane.last,\n    event: { kind: 'act', act },",
      },
    ],
  },
  {
    // Asked for by the run and again right before each act.
    name: 'an act although another run has the fleet',
    changes: [
      {
        file: 'advance-run.ts',
        find: "  if (lease.kind === 'taken') {\n    return whenTaken(ctx, fold, lease.by);",
        replace:
          "  if (lease.kind === 'taken' && lease.by === '') {\n    return whenTaken(ctx, fold, lease.by);",
      },
      {
        file: 'advance-step.ts',
        find: "  if (lease.kind === 'taken') {",
        replace: "  if (lease.kind === 'taken' && lease.by === '') {",
      },
    ],
  },
  {
    name: 'a node is given back while pods stand on it',
    changes: [
      {
        file: 'decide/decide-node.ts',
        find: '  if (staying.length > 0) {',
        replace: '  if (staying.length > 99) {',
      },
    ],
  },
  {
    name: 'a node is given back while volumes hang on it',
    changes: [
      {
        file: 'decide/decide-node.ts',
        find: '  if (volumes.length > 0) {',
        replace: '  if (volumes.length > 99) {',
      },
    ],
  },
  {
    // A plan empties a node before it cordons it: that order is gone as well.
    name: 'a node is cordoned under a primary',
    changes: [
      {
        file: 'decide/decide-node.ts',
        find: '  if (primaries.length > 0) {',
        replace: '  if (primaries.length > 99) {',
      },
      {
        file: 'record/fold-lane.ts',
        find: 'lane.step.after.every(isDone)',
        replace: "(lane.step.kind === 'cordon' || lane.step.after.every(isDone))",
      },
    ],
  },
  {
    name: 'members leave a node that is open',
    changes: [
      {
        file: 'decide/guards.ts',
        find: 'if (from === undefined || !isClosedByPlan(memory.fold, step.from) || isClosed(from)) {',
        replace: 'if (memory.nowMs > 0) {',
      },
    ],
  },
  {
    name: 'an abort takes the fence off a node that was given back',
    changes: [
      {
        file: 'take-off-marks.ts',
        find: 'if (node.releasedBy === runId) {',
        replace: "if (node.releasedBy === '') {",
      },
    ],
  },
  {
    name: 'an abort leaves cordons of ours',
    changes: [
      {
        file: 'take-off-marks.ts',
        find: 'if (node.cordonedBy === runId) {',
        replace: "if (node.cordonedBy === '') {",
      },
    ],
  },
  {
    name: 'a pod whose eviction was admitted is evicted again',
    changes: [
      {
        file: 'decide/decide-eviction.ts',
        find: "return act.kind === 'evict' && act.uid === pod.uid && answer?.answer === 'evicted';",
        replace: "return act.kind === 'evict' && act.uid === pod.name && answer?.answer === 'evicted';",
      },
    ],
  },
  {
    // An admitted eviction is not asked for again, so that no conflict comes after it: that is gone as well.
    name: 'a later conflict makes an eviction forgotten',
    changes: [
      {
        file: 'record/lane.ts',
        find: 'return mayHaveHappened(last.answer?.answer) || lane.acts.some(tookPodAway) || mayHaveEvicted(lane);',
        replace: 'return mayHaveHappened(last.answer?.answer) || lane.acts.length > 1e6;',
      },
      {
        file: 'decide/decide-eviction.ts',
        find: "return act.kind === 'evict' && act.uid === pod.uid && answer?.answer === 'evicted';",
        replace: "return act.kind === 'evict' && act.uid === pod.name && answer?.answer === 'evicted';",
      },
    ],
  },
  {
    name: 'role changes by others go unnoticed',
    changes: [
      {
        file: 'watch-roles.ts',
        find: 'if (cluster !== undefined && to !== undefined && to !== from) {',
        replace: "if (cluster?.key === '' && to !== undefined && to !== from) {",
      },
    ],
  },
  {
    name: 'a member is called moved before it streams',
    changes: [
      {
        file: 'decide/decide-member-move.ts',
        find: 'return (leader === pod.name ? leaderServes(cluster) : stillBehind(sight, memory, pod)) ?? arrived;',
        replace: 'return arrived;',
      },
    ],
  },
  {
    name: 'a temporary member is called there before it streams',
    changes: [
      {
        file: 'decide/decide-scale.ts',
        find: '  if (member === undefined || !member.streaming) {',
        replace: '  if (member === undefined) {',
      },
    ],
  },
  {
    name: 'a step begins before those that it follows are done',
    changes: [
      {
        file: 'record/fold-lane.ts',
        find: 'lane.step.after.every(isDone)',
        replace: 'lane.step.after.some(isDone)',
      },
    ],
  },
  {
    // The resourceVersion says it too, until it has changed too often.
    name: 'an eviction may hit the pod that came back',
    changes: [
      {
        file: 'kubernetes/evictions.ts',
        find: '{ preconditions: { uid, ...(resourceVersion === undefined ? {} : { resourceVersion }) } }',
        replace: '{ preconditions: resourceVersion === undefined ? { uid } : {} }',
      },
    ],
  },
  {
    name: 'an abort takes off the fences of other runs',
    changes: [
      {
        file: 'take-off-marks.ts',
        find: 'if (node.fencedBy === runId) {',
        replace: 'if (node.fencedBy !== undefined) {',
      },
    ],
  },
  {
    name: 'an abort uncordons what others cordoned',
    changes: [
      {
        file: 'take-off-marks.ts',
        find: 'if (node.cordonedBy === runId) {',
        replace: 'if (node.cordonedBy !== undefined) {',
      },
    ],
  },
  {
    name: 'an abort leaves fences of ours',
    changes: [
      {
        file: 'take-off-marks.ts',
        find: 'if (node.fencedBy === runId) {',
        replace: "if (node.fencedBy === '') {",
      },
    ],
  },
  {
    name: 'a run that is aborted does not wait for what it has begun',
    changes: [
      {
        file: 'advance-run.ts',
        find: 'return waitForOpenActs(ctx, fold) ?? abortRun(ctx, fold);',
        replace: 'return abortRun(ctx, fold);',
      },
    ],
  },
  {
    name: 'an act is begun although this worker has lost its job',
    changes: [
      {
        file: 'advance-step.ts',
        find: "return ctx.signal?.aborted === true || isStale(ctx, lookedAtMs) ? 'held-up' : undefined;",
        replace: 'return undefined;',
      },
    ],
  },
  {
    name: 'an eviction without an answer is asked for again at once',
    changes: [
      {
        file: 'decide/decision.ts',
        find: 'if (memory.nowMs - open.atMs < settleMs) {',
        replace: 'if (memory.nowMs - open.atMs < 0) {',
      },
    ],
  },
  {
    name: 'a switchover is called done while the primary leads as before',
    changes: [
      {
        file: 'decide/decide-switchover.ts',
        find: 'if (leader === step.to || leader === asked?.act.candidate) {',
        replace: 'if (leader === step.to || asked !== undefined) {',
      },
      {
        file: 'decide/decide-switchover.ts',
        find: "    return waitFor('switchover-under-way', step.cluster, { from: step.from, to });",
        replace: '    return done({ from: step.from, to: step.to });',
      },
    ],
  },
  {
    name: 'a run is resumed without a look at the fleet',
    changes: [
      {
        file: 'record/fold-draft.ts',
        find: '  delete fold.endedAtMs;\n  delete fold.lookedAtMs;',
        replace: '  delete fold.endedAtMs;\n  fold.lookedAtMs = atMs;',
      },
    ],
  },
  {
    name: 'what a mirror shows is acted upon',
    changes: [
      {
        file: 'look-at-step.ts',
        find: 'if (isOnlyToWait(look) || hasArrived(look)) {',
        replace: 'if (look.through === "mirror") {',
      },
    ],
  },
  {
    name: 'a primary is interrupted while the check says that a backup runs',
    changes: [
      { file: 'decide/nothing-goes-on.ts', find: '  if (backupRunning) {', replace: '  if (false) {' },
    ],
  },
  {
    name: 'a check that does not answer has said yes',
    changes: [
      {
        file: 'ask-what-goes-on.ts',
        find: 'return { why: error.message };',
        replace: 'return undefined;',
      },
    ],
  },
  {
    name: 'a primary is evicted in place, and nobody is asked what goes on there',
    changes: [
      {
        file: 'decide/nothing-goes-on.ts',
        find: "(seen.kind === 'switchover' || (seen.kind === 'member-move' && seen.step.outage))",
        replace: "seen.kind === 'switchover'",
      },
    ],
  },
  {
    name: 'a node that is left out keeps our fence',
    changes: [
      {
        file: 'replan-run.ts',
        find: 'live.nodes.filter(({ name }) => skipped.includes(name)),',
        replace: '[],',
      },
    ],
  },
  {
    name: 'a new plan that interrupts more is approved by nobody',
    changes: [
      {
        file: 'new-plan.ts',
        find: 'needsApproval: !isNoWorse(needs, left, newly) || isFirstWaveToApprove(fold),',
        replace: 'needsApproval: false,',
      },
    ],
  },
  {
    name: 'a run begins by a plan that the fleet has left behind',
    changes: [
      {
        file: 'start-run.ts',
        find: "  if (condition.kind === 'invalid') {",
        replace: "  if (condition.kind === 'invalid' && ctx.runId === '') {",
      },
    ],
  },
  {
    name: 'what was decided from entries that Redis has lost is written all the same',
    changes: [
      {
        file: 'advance-step.ts',
        find: '    whileRunning: true,\n    knowing: fold.lastEntry,',
        replace: '    whileRunning: true,',
      },
    ],
  },
  {
    name: 'a primary goes to a node that another drainer takes away',
    changes: [
      {
        file: 'decide/decide-switchover.ts',
        find: '  return nobodyElseDrains(node, drainedByOthers?.[node]);',
        replace: '  return nobodyElseDrains(node, drainedByOthers?.nobody);',
      },
    ],
  },
  {
    name: 'a switchover without a clear answer is asked for again onto a node that another drainer takes away',
    changes: [
      {
        file: 'observe.ts',
        find: 'fold.lanes.get(step.id)?.openAct !== undefined;',
        replace: '(fold.lanes.get(step.id)?.acts.length ?? 0) > 0;',
      },
    ],
  },
  {
    name: 'members and pods are evicted from a node that another drainer takes away',
    changes: [
      {
        file: 'decide/decide-member-move.ts',
        find: 'nobodyElseDrains(step.from, from?.drainedByOther)',
        replace: 'nobodyElseDrains(step.from, undefined)',
      },
      {
        file: 'decide/decide-pod-move.ts',
        find: 'nobodyElseDrains(step.from, from?.drainedByOther)',
        replace: 'nobodyElseDrains(step.from, undefined)',
      },
    ],
  },
  {
    name: 'a node is given back while another drainer takes it away',
    changes: [
      {
        file: 'decide/decide-node.ts',
        find: 'node.releasedBy === memory.fold.runId ? undefined : node.drainedByOther;',
        replace: 'node.releasedBy === memory.fold.runId ? node.drainedByOther : undefined;',
      },
    ],
  },
  {
    name: 'a primary is switched over outside of its window',
    changes: [
      {
        file: 'decide/decide-switchover.ts',
        find: '  if (closed !== undefined) {',
        replace: "  if (closed?.kind === 'halt') {",
      },
    ],
  },
  {
    name: 'a primary is evicted in place outside of its window',
    changes: [
      {
        file: 'decide/decide-member-move.ts',
        find: 'return waitForWindow(memory, step) ?? firstBlocked',
        replace: 'return firstBlocked',
      },
    ],
  },
  {
    name: 'a primary is interrupted in the last moment of its window',
    changes: [
      {
        file: 'decide/wait-for-window.ts',
        find: 'nextOpeningFor(parsed.window, seconds, nowSeconds,',
        replace: 'nextOpeningFor(parsed.window, 1, nowSeconds,',
      },
    ],
  },
  {
    name: 'a deadline runs on while a window is closed',
    changes: [
      {
        file: 'record/fold-lane.ts',
        find: "  if (code === 'window-closed') {",
        replace: "  if (code === '') {",
      },
    ],
  },
  {
    name: 'a temporary member is one of a set that begins with ordinal 0',
    changes: [
      {
        file: 'decide/decide-scale.ts',
        find: 'const planned = ordinalOf(step.member) - firstOrdinal;',
        replace: 'const planned = ordinalOf(step.member);',
      },
    ],
  },
  {
    name: 'a member is taken away from a set that somebody else has scaled',
    changes: [
      {
        file: 'decide/decide-scale.ts',
        find: '() => isAsLeft(step, replicas, raisedInCluster(memory, step.cluster)),',
        replace: '() => undefined,',
      },
    ],
  },
  {
    name: 'a scaling does not say what it must find',
    changes: [
      {
        file: 'decide/decide-scale.ts',
        find: 'const to = { replicas: planned + 1, replicasBefore: replicas, firstOrdinalBefore: firstOrdinal };',
        replace: 'const to = { replicas: planned + 1 };',
      },
      {
        file: 'decide/decide-scale.ts',
        find: '    replicasBefore: replicas,\n    firstOrdinalBefore: firstOrdinal,\n',
        replace: '',
      },
    ],
  },
  {
    name: 'a wave begins that nobody has approved',
    changes: [
      {
        file: 'record/fold-lane.ts',
        find: 'const isFree = lane.step.wave <= approvedWave && ',
        replace: 'const isFree = ',
      },
    ],
  },
  {
    name: 'an eviction that is forbidden is asked for again and again',
    changes: [
      {
        file: 'decide/decide-eviction.ts',
        find: "  if (last?.answer?.answer === 'forbidden') {",
        replace: "  if (last?.answer?.answer === 'forbidden' && memory.lane.attempts === 0) {",
      },
    ],
  },
  {
    name: 'an aborted run claims nothing of a switchover without a clear answer',
    changes: [
      {
        file: 'finish-half-done.ts',
        find: "return answer === 'unknown' || (answer === 'not-done'",
        replace: "return answer === 'other' || (answer === 'not-done'",
      },
    ],
  },
  {
    name: 'a new plan forgets a switchover of which nobody saw what came',
    changes: [
      {
        file: 'record/fold-run.ts',
        find: "done += lane.step.kind === 'switchover' ? 1 : 0;",
        replace: "done += lane.step.kind === 'switchover' && lane.done !== undefined ? 1 : 0;",
      },
    ],
  },
  {
    name: 'an approval counts for whatever plan waits by now',
    changes: [
      {
        file: 'may-approve.ts',
        find: '  if (plan.id !== planId) {',
        replace: "  if (plan.id === '') {",
      },
    ],
  },
  {
    name: 'a run expires that has begun',
    changes: [
      {
        file: 'record/fold-approval.ts',
        find: 'fold.approvalMs === undefined || fold.startedAtMs !== undefined',
        replace: 'fold.approvalMs === undefined',
      },
    ],
  },
  {
    name: 'a run that is rejected keeps the marks of which Redis has lost the entries',
    changes: [
      {
        file: 'advance-run.ts',
        find: '      return (await takeOffMarks(ctx, fold)) ?? letGo(ctx);',
        replace: '      return letGo(ctx);',
      },
    ],
  },
  {
    name: 'an act settles within what is left of the time of the one before',
    changes: [
      {
        file: 'record/fold-lane.ts',
        find: '    forgetSettling(lane);',
        replace: '    void lane;',
      },
    ],
  },
  {
    name: 'a halted run lets the fleet go while its switchover may still take place',
    isForTwo: true,
    changes: [
      {
        file: 'advance-run.ts',
        find: 'openStepIds(fold).length === 0 && findUnsettled(ctx, fold) === undefined;',
        replace: 'openStepIds(fold).length === 0;',
      },
    ],
  },
  {
    name: 'an aborted run lets the fleet go while its switchover may still take place',
    isForTwo: true,
    changes: [
      {
        file: 'abort-run.ts',
        find: 'if (findUnsettled(ctx, fold) !== undefined && !isAbortPatienceOver(',
        replace: "if (ctx.runId === '' && !isAbortPatienceOver(",
      },
      {
        file: 'finish-half-done.ts',
        find: 'return isPending && !isAbortPatienceOver(',
        replace: "return ctx.runId === '' && !isAbortPatienceOver(",
      },
    ],
  },
];
