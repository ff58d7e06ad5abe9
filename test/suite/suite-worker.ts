import { answerShares } from '../answer-shares.ts';
import { judgeFleet } from './judge-fleet.ts';

answerShares(judgeFleet);
