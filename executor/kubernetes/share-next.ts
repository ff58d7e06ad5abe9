/**
 * One answer for all who ask the same at about the same time. Hundreds of steps that wait for nodes ask for all nodes of a large fleet, each
 * for itself; whoever is given an answer that was asked for after he came has as fresh a one as his own would be.
 */

/** Returns a way to ask that joins the next asking while one is under way, which may be older than whoever comes now. */
export function shareNext<Answer>(ask: () => Promise<Answer>): () => Promise<Answer> {
  let underWay: Promise<unknown> | undefined;
  let next: Promise<Answer> | undefined;
  const begin = (): Promise<Answer> => {
    next = undefined;
    const asked = ask();
    const over = asked.then(
      () => {},
      () => {},
    );
    underWay = over;
    void over.then(() => {
      if (underWay === over) underWay = undefined;
    });
    return asked;
  };
  return () => {
    if (underWay === undefined) return begin();
    next ??= underWay.then(begin);
    return next;
  };
}
