/**
 * Bugs to be planted in a copy of the executor, one at a time: what a tired hand would change. Seeded runs have to find each of them;
 * one that they do not find is a guard that nothing watches.
 */
export type PlantedBug = {
  readonly name: string;
  /** In executor/. */
  readonly file: string;
  /** Stands in the file exactly once. */
  readonly find: string;
  readonly replace: string;
};

export const plantedBugs: readonly PlantedBug[] = [
  {
    name: 'a member that leads is evicted like any other',
    file: 'decide/guards.ts',
    find: "  if (leader === member) {\n    return blocked('is-primary'",
    replace: "  if (leader === '') {\n    return blocked('is-primary'",
  },
  {
    name: 'a replica is evicted while the leader does not answer',
    file: 'decide/guards.ts',
    find: 'cluster.patroni.leaderSilent === true',
    replace: 'cluster.patroni.leaderSilent === undefined && false',
  },
  {
    name: 'a second member is evicted while one does not stream',
    file: 'decide/guards.ts',
    find: 'other.name !== cluster.patroni.leader && !other.streaming',
    replace: 'other.name !== cluster.patroni.leader && other.streaming === undefined',
  },
  {
    name: 'a second member is evicted while the pod of one does not exist',
    file: 'decide/guards.ts',
    find: 'others < cluster.wanted - 1',
    replace: 'others < cluster.wanted - 99',
  },
  {
    name: 'Ready is taken for streaming',
    file: 'decide/guards.ts',
    find: "  if (member === undefined || !member.streaming) {\n    return blocked('candidate-not-streaming'",
    replace: "  if (member === undefined) {\n    return blocked('candidate-not-streaming'",
  },
  {
    name: 'somebody with the tag nofailover is asked to lead',
    file: 'decide/choose-candidate.ts',
    find: "role === 'sync-standby' &&\n      stays",
    replace: "role !== 'leader' &&\n      stays",
  },
  {
    name: 'a candidate may be any number of bytes behind',
    file: 'decide/guards.ts',
    find: 'member.lagBytes > limitBytes',
    replace: 'member.lagBytes > 1e15',
  },
  {
    name: 'a paused cluster is asked to switch over',
    file: 'decide/guards.ts',
    find: 'return cluster.patroni.paused ? blocked',
    replace: 'return cluster.patroni.timeline === -1 ? blocked',
  },
  {
    name: 'an unknown answer to a switchover is taken for a no',
    file: 'answers.ts',
    find: "  'not-done',\n  'withdrawn',\n  'seen-not-done',\n]);",
    replace: "  'not-done',\n  'unknown',\n  'withdrawn',\n  'seen-not-done',\n]);",
  },
  {
    name: 'a switchover without answer is asked for again at once',
    file: 'decide/decide-switchover.ts',
    find: '  if (sinceMs >= pace.switchoverSettleMs) {',
    replace: '  if (sinceMs >= 0) {',
  },
  {
    name: 'any promotion is taken for the one that was asked for',
    file: 'decide/decide-switchover.ts',
    find: '  if (asked === undefined) {\n    return roleChangedByOthers(cluster, memory, step.from, to);',
    replace:
      '  if (asked === undefined) {\n    return done({ from: step.from, to, ...(timeline === undefined ? {} : { timeline }) });',
  },
  {
    name: 'more switchovers at once than the request allows',
    file: 'decide/plan-questions.ts',
    find: "      other.step.kind === 'switchover' &&\n      isInFlight(other) &&",
    replace: "      other.step.kind === 'fence' &&\n      isInFlight(other) &&",
  },
  {
    name: 'two steps of one cluster act at the same time',
    file: 'decide/plan-questions.ts',
    find: '      excludeEachOther(step, other.step) &&\n      (other.acts',
    replace: "      step.id === 's0' &&\n      (other.acts",
  },
  {
    name: 'an act on the strength of an old look',
    file: 'advance-step.ts',
    find: 'return ctx.clock.nowMs() - lookedAtMs > ctx.pace.staleAfterMs;',
    replace: 'return ctx.clock.nowMs() - lookedAtMs > 1e12;',
  },
  {
    name: 'an act that is begun although the run is paused or halted',
    file: 'advance-step.ts',
    find: '    whileRunning: true,\n',
    replace: '',
  },
  {
    name: 'an act that is done before it is written down',
    file: 'advance-step.ts',
    find: "  const written = await appendToStep(ctx, {\n    lane: ctx.stepId,\n    after: lane.last,\n    event: { kind: 'act', act },",
    replace:
      "  if (act.kind === 'fence') await perform(ctx, act);\n  const written = await appendToStep(ctx, {\n    lane: ctx.stepId,\n    after: lane.last,\n    event: { kind: 'act', act },",
  },
  {
    name: 'an act although another run has the fleet',
    file: 'advance-run.ts',
    find: "  if (lease.kind === 'taken') {\n    return whenTaken(ctx, fold, lease.by);",
    replace: "  if (lease.kind === 'taken' && lease.by === '') {\n    return whenTaken(ctx, fold, lease.by);",
  },
  {
    name: 'a node is given back while pods stand on it',
    file: 'decide/decide-node.ts',
    find: '  if (staying.length > 0) {',
    replace: '  if (staying.length > 99) {',
  },
  {
    name: 'a node is given back while volumes hang on it',
    file: 'decide/decide-node.ts',
    find: '  if (volumes.length > 0) {',
    replace: '  if (volumes.length > 99) {',
  },
  {
    name: 'a node is cordoned under a primary',
    file: 'decide/decide-node.ts',
    find: '  if (primaries.length > 0) {',
    replace: '  if (primaries.length > 99) {',
  },
  {
    name: 'members leave a node that is open',
    file: 'decide/guards.ts',
    find: 'if (from === undefined || !isClosedByPlan(memory.fold, step.from) || isClosed(from)) {',
    replace: 'if (from === undefined || isClosed(from) || from.ready) {',
  },
  {
    name: 'an abort takes the fence off a node that was given back',
    file: 'abort-run.ts',
    find: 'if (node.releasedBy === runId) {',
    replace: "if (node.releasedBy === '') {",
  },
  {
    name: 'an abort leaves cordons of ours',
    file: 'abort-run.ts',
    find: 'if (node.cordonedBy === runId) {',
    replace: "if (node.cordonedBy === '') {",
  },
  {
    name: 'a pod whose eviction was admitted is evicted again',
    file: 'decide/decide-eviction.ts',
    find: "return act.kind === 'evict' && act.uid === pod.uid && answer?.answer === 'evicted';",
    replace: "return act.kind === 'evict' && act.uid === pod.name && answer?.answer === 'evicted';",
  },
  {
    name: 'a later conflict makes an eviction forgotten',
    file: 'record/fold-lane.ts',
    find: 'return mayHaveHappened(last.answer?.answer) || lane.acts.some(tookPodAway);',
    replace: 'return mayHaveHappened(last.answer?.answer) || lane.acts.length > 1e6;',
  },
  {
    name: 'role changes by others go unnoticed',
    file: 'watch-roles.ts',
    find: 'const isForeign = cluster !== undefined &&',
    replace: "const isForeign = cluster?.key === '' &&",
  },
  {
    name: 'a member is called moved before it streams',
    file: 'decide/decide-member-move.ts',
    find: 'return leader === pod.name ? arrived : (stillBehind(sight, memory, pod) ?? arrived);',
    replace: 'return arrived;',
  },
  {
    name: 'a temporary member is called there before it streams',
    file: 'decide/decide-scale.ts',
    find: '  if (member === undefined || !member.streaming) {',
    replace: '  if (member === undefined) {',
  },
];
