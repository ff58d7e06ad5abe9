import { answerShares } from '../answer-shares.ts';
import { playTwoRuns } from './play-two-runs.ts';

// As in seed-worker.ts.
Error.stackTraceLimit = 0;

answerShares((seed) => playTwoRuns(seed));
