import { answerShares } from '../answer-shares.ts';
import { judgeSeed } from './judge-seed.ts';

answerShares(judgeSeed);
