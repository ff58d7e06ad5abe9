/** The form that asks for a token, where the server wants one. */
import { say } from './announce.js';
import { html, useEffect, useRef, useState } from './preact.js';
import { ask, hasToken, saveToken } from './server.js';

/** `onSaved` is called once the server knows the token. */
export function Token({ onSaved }) {
  const field = useRef(null);
  const [token, setToken] = useState('');
  // A tab that has one and is asked again has one that nobody knows any more.
  const [trouble, setTrouble] = useState(hasToken() ? unknown : null);
  useEffect(() => field.current.focus(), []);
  const save = async (event) => {
    event.preventDefault();
    saveToken(token.trim());
    try {
      await ask('/v1/fleets');
      onSaved();
    } catch (error) {
      const words = error.problem?.status === 401 ? unknown : error.message;
      setTrouble(words);
      say('alert', words);
      field.current.focus();
      field.current.select();
    }
  };
  return html`<main class="token"><h1>Switchyard</h1>
    <form onSubmit=${save}>
      <label for="token">Your token</label>
      <input id="token" ref=${field} type="password" value=${token} onInput=${(event) => setToken(event.currentTarget.value)} autocomplete="current-password"
        aria-invalid=${trouble === null ? undefined : 'true'} aria-describedby=${trouble === null ? undefined : 'token-trouble'} />
      ${trouble !== null && html`<p class="trouble" id="token-trouble">${trouble}</p>`}
      <button type="submit" disabled=${token.trim() === ''}>Show the fleet</button>
    </form></main>`;
}

const unknown = 'No caller has this token.';
