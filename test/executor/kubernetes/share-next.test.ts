import { describe, expect, it } from 'vitest';
import { shareNext } from '../../../executor/kubernetes/share-next.ts';

function askings() {
  const answers: { resolve(answer: string): void; reject(error: Error): void }[] = [];
  const ask = shareNext(() => new Promise<string>((resolve, reject) => answers.push({ resolve, reject })));
  return { answers, ask };
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('who asks while the same is asked', () => {
  it('gets the next answer, together with all others who came meanwhile, and never the one that was asked for before', async () => {
    const { answers, ask } = askings();
    const [first, second, third] = [ask(), ask(), ask()];
    expect(answers).toHaveLength(1);
    answers[0]?.resolve('old');
    expect(await first).toBe('old');
    await settled();
    expect(answers).toHaveLength(2);
    const fourth = ask();
    answers[1]?.resolve('new');
    expect(await Promise.all([second, third])).toEqual(['new', 'new']);
    await settled();
    answers[2]?.resolve('newer');
    expect(await fourth).toBe('newer');
    await settled();
    void ask();
    expect(answers).toHaveLength(4);
  });

  it('is not told of the failure of the asking before', async () => {
    const { answers, ask } = askings();
    const [first, second] = [ask(), ask()];
    answers[0]?.reject(new Error('no answer'));
    await expect(first).rejects.toThrow('no answer');
    await settled();
    answers[1]?.resolve('an answer');
    expect(await second).toBe('an answer');
  });
});
