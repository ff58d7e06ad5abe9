/**
 * Movement on the map: a pod travels in a straight line from its former card to its present one, a new primary gets a ring.
 * Nothing is told by movement alone; who prefers less of it gets an outline instead.
 */

/** More than this at a time is a swarm that nobody can follow: the rest appears where it is. */
const TRAVELLERS_MAX = 8;
const TRAVEL_MS = 700;
/** How long a pod that has arrived stays marked. */
const ARRIVED_MS = 2_500;

const still = () => matchMedia('(prefers-reduced-motion: reduce)').matches;

/** Where each pod is drawn now, and as what. */
export function positions(map) {
  const found = new Map();
  if (map === null) return found;
  for (const pod of map.querySelectorAll('[data-pod]')) {
    found.set(pod.dataset.pod, {
      box: pod.getBoundingClientRect(),
      node: pod.dataset.node,
      role: pod.dataset.role,
      left: scrollX,
      top: scrollY,
    });
  }
  return found;
}

/** Shows what changed since `before`. Returns how many pods moved. */
export function showMovement(map, before) {
  if (map === null || before.size === 0) return 0;
  let moved = 0;
  for (const pod of map.querySelectorAll('[data-pod]')) {
    const earlier = before.get(pod.dataset.pod);
    if (earlier === undefined) continue;
    if (earlier.role !== 'primary' && pod.dataset.role === 'primary') ring(pod);
    if (earlier.node === pod.dataset.node) continue;
    moved += 1;
    if (moved <= TRAVELLERS_MAX) travel(pod, earlier);
  }
  return moved;
}

function travel(pod, earlier) {
  if (still()) return outline(pod);
  const box = pod.getBoundingClientRect();
  // A closed zone on a small screen draws nothing: there is no way to show.
  if (box.width === 0 || earlier.box.width === 0) return;
  const x = earlier.box.left + earlier.left - box.left - scrollX;
  const y = earlier.box.top + earlier.top - box.top - scrollY;
  pod.classList.add('travelling');
  const motion = pod.animate([{ transform: `translate(${x}px, ${y}px)` }, { transform: 'translate(0, 0)' }], {
    duration: TRAVEL_MS,
    easing: 'cubic-bezier(.3, .1, .3, 1)',
  });
  motion.finished
    .catch(() => undefined)
    .then(() => {
      pod.classList.remove('travelling');
      pod.classList.add('arrived');
      setTimeout(() => pod.classList.remove('arrived'), ARRIVED_MS);
    });
}

function ring(pod) {
  if (still()) return outline(pod);
  pod.classList.add('ring');
  setTimeout(() => pod.classList.remove('ring'), 1_200);
}

function outline(pod) {
  pod.classList.add('changed');
  setTimeout(() => pod.classList.remove('changed'), 3_000);
}

/**
 * While a run goes on no card shrinks, and a card of a new node is as high as the fullest one beside it: pods come and go, and what
 * lies below stays where it is. Once the run has ended, or the page got another width, cards are as high as they have to be.
 */
export function holdHeights(map, isOn) {
  if (map === null) return;
  const cards = [...map.querySelectorAll('.node')];
  const width = String(map.clientWidth);
  if (!isOn || map.dataset.width !== width) for (const card of cards) card.style.minHeight = '';
  map.dataset.width = width;
  if (!isOn) return;
  for (const zone of map.querySelectorAll('.zone')) {
    const own = [...zone.querySelectorAll('.node')].map((card) => [card, card.offsetHeight]);
    const highest = Math.max(0, ...own.map(([, height]) => height));
    for (const [card, height] of own) {
      const isNew = card.classList.contains('new') || card.classList.contains('expected');
      if (height > 0) card.style.minHeight = `${isNew ? highest : height}px`;
    }
  }
}
