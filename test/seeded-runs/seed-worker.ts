import { answerShares } from '../answer-shares.ts';
import { playSeed } from './play-seed.ts';

answerShares((seed) => playSeed(seed));
