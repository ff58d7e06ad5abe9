/** How Patroni's REST API says a sentence, and how the web server under it refuses what is no request. */
import type { PatroniAnswerNow } from './answers.ts';

/** Patroni's own texts are sent as text/html. */
export function say(status: number, text: string): PatroniAnswerNow {
  return { kind: 'answer', status, body: text, contentType: 'text/html' };
}

/** To a body that is missing, empty or no JSON. */
export function badRequestPage(): PatroniAnswerNow {
  return say(400, errorPage(400, 'Bad Request', 'Bad request syntax or unsupported method'));
}

/** The error page of Python's http.server, which Patroni's REST API is built on. */
export function errorPage(code: number, message: string, explanation: string): string {
  return [
    '<!DOCTYPE HTML>',
    '<html lang="en">',
    '    <head>',
    '        <meta charset="utf-8">',
    '        <title>Error response</title>',
    '    </head>',
    '    <body>',
    '        <h1>Error response</h1>',
    `        <p>Error code: ${code}</p>`,
    `        <p>Message: ${message}.</p>`,
    `        <p>Error code explanation: ${code} - ${explanation}.</p>`,
    '    </body>',
    '</html>',
    '',
  ].join('\n');
}
