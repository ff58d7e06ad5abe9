/** The fleet as a picture made of lists: zones, nodes, pods. Everything drawn is also said in words. */
import { html, useEffect, useState } from './preact.js';
import { ask } from './server.js';

const legend = [
  ['primary', '◆', 'primary'],
  ['candidate', '◇', 'planned next primary'],
  ['sync-standby', '●', 'sync standby'],
  ['replica', '○', 'replica'],
  ['other', '·', 'other pod'],
  ['', '~', 'catching up or not streaming'],
  ['', '?', 'role or lag unknown'],
  ['', '*', 'final'],
];
const letters = [
  ['D', 'to be drained'],
  ['F', 'fenced'],
  ['C', 'cordoned'],
  ['N', 'new'],
  ['R', 'released'],
  ['!', 'not ready'],
];

/** So few nodes are open on a small screen too: what moves is to be seen. */
const OPEN_NODES_MAX = 12;

export function FleetMap({ view, lost, skipped }) {
  const wide = useMedia('(min-width: 40rem)');
  const count = view.zones.reduce((sum, zone) => sum + zone.nodes.length, 0);
  const level = count <= 30 ? 'labels' : 'signs';
  return html`<section class="panel map ${level} ${lost === null ? '' : 'stale'}" id="map" aria-labelledby="map-title">
    <h2 id="map-title">Nodes by zone</h2>
    ${lost !== null && html`<p class="stale-note">${lost}</p>`}
    <div class="zones">
      ${view.zones.map((zone) => html`<${Zone} key=${zone.name} zone=${zone} wide=${wide || count <= OPEN_NODES_MAX} />`)}
    </div>
    ${
      view.unplaced.length > 0 &&
      html`<div class="unplaced"><h3>Without a node</h3><${Pods} pods=${view.unplaced} node="" /></div>`
    }
    ${skipped > 0 && html`<p class="muted">${skipped} more moved at the same time</p>`}
    <${Legend} />
  </section>`;
}

function Zone({ zone, wide }) {
  const [open, setOpen] = useState(wide);
  useEffect(() => setOpen(wide), [wide]);
  return html`<details class="zone" open=${open} onToggle=${(event) => setOpen(event.currentTarget.open)}>
    <summary><h3>${zone.name}</h3> <span class="muted">${zone.words}</span></summary>
    <ul class="nodes">
      ${zone.nodes.map((node) => html`<${Node} key=${node.name} node=${node} />`)}
    </ul>
  </details>`;
}

function Node({ node }) {
  const drawn = node.pods.filter((pod) => pod.role === 'other').length;
  const counted = node.otherPods - drawn;
  return html`<li class="node ${node.states.join(' ')}" data-node-card=${node.name}>
    <h4>
      <span class="name">${node.name}</span>
      ${node.planName !== null && html`<span class="muted plan-name">${node.planName}</span>`}
      <span class="letters" aria-hidden="true">${[...node.letters].map((letter) => html`<b>${letter}</b>`)}</span>
      <span class="hidden">: ${node.words}</span>
    </h4>
    ${node.states.includes('expected') && html`<p class="muted note">expected</p>`}
    ${node.states.includes('released') && html`<p class="muted note">released</p>`}
    <${Pods} pods=${node.pods} node=${node.name} />
    ${counted > 0 && html`<p class="muted note">· ${counted} other ${counted === 1 ? 'pod' : 'pods'}</p>`}
  </li>`;
}

function Pods({ pods, node }) {
  return html`<ul class="pods">
    ${pods.map(
      (pod) => html`<li
        key=${pod.key}
        class="pod ${pod.role} ${pod.motion} ${pod.final ? 'final' : ''}"
        data-pod=${pod.key}
        data-node=${node}
        data-role=${pod.role}
        title=${pod.words}
      ><span class="sign" aria-hidden="true">${pod.sign}</span><span class="label" aria-hidden="true">${pod.name}</span><span class="hidden">${pod.words}</span></li>`,
    )}
  </ul>`;
}

function Legend() {
  return html`<div class="legend muted">
    <ul aria-label="Signs of pods">
      ${legend.map(([role, sign, words]) => html`<li><span class="sign ${role}">${sign}</span> ${words}</li>`)}
      <li><span class="dotted">dotted</span> expected, not there yet</li>
    </ul>
    <ul aria-label="Letters of nodes">
      ${letters.map(([letter, words]) => html`<li><b class="letter">${letter}</b> ${words}</li>`)}
    </ul>
    <p>The scheduler places pods: where a pod is expected is a forecast.</p>
  </div>`;
}

/** The picture as a table; asked for only while it is open. */
export function Clusters({ view }) {
  const [open, setOpen] = useState(false);
  const [answer, setAnswer] = useState(null);
  const run = view.run === null ? '' : `?run=${encodeURIComponent(view.run.id)}`;
  useEffect(() => {
    if (!open) return undefined;
    const stop = new AbortController();
    ask(`/v1/fleets/${encodeURIComponent(view.fleet)}/clusters${run}`, { signal: stop.signal }).then(
      setAnswer,
      () => undefined,
    );
    return () => stop.abort();
  }, [open, view.seenAt]);
  const clusters = answer?.clusters ?? [];
  return html`<details class="panel clusters" onToggle=${(event) => setOpen(event.currentTarget.open)}>
    <summary><h2>Clusters as a table</h2></summary>
    ${open && answer === null && html`<p class="muted">Asking.</p>`}
    <div class="scroll" tabindex="0" role="group" aria-label="Clusters"><table>
      <thead><tr><th scope="col">Cluster</th><th scope="col">Primary</th><th scope="col">On node</th><th scope="col">Members</th></tr></thead>
      <tbody>${clusters.slice(0, 200).map(
        (cluster) => html`<tr key=${cluster.key}>
          <th scope="row">${cluster.key}</th>
          <td>${cluster.primary ?? 'unknown'}</td>
          <td>${cluster.node ?? 'unknown'}</td>
          <td>${cluster.members.map((member) => html`<div>${member.words} <span class="muted">on ${member.node ?? 'no node'}</span></div>`)}</td>
        </tr>`,
      )}</tbody>
    </table></div>
    ${clusters.length > 200 && html`<p class="muted">${clusters.length - 200} more are not listed.</p>`}
  </details>`;
}

function useMedia(query) {
  const [matches, setMatches] = useState(matchMedia(query).matches);
  useEffect(() => {
    const media = matchMedia(query);
    const changed = () => setMatches(media.matches);
    media.addEventListener('change', changed);
    return () => media.removeEventListener('change', changed);
  }, [query]);
  return matches;
}
