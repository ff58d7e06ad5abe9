import type { FastifyReply, FastifyRequest } from 'fastify';

type Asked = Pick<FastifyRequest, 'method' | 'url' | 'ip' | 'caller'> & {
  readonly log: { debug(line: object, message: string): void; info(line: object, message: string): void };
};

/** Logs one line a request: what was asked to be done, and what was not answered as asked; looks that went well at debug only. */
export function logAnswer(request: Asked, reply: Pick<FastifyReply, 'statusCode' | 'elapsedTime'>): void {
  const { method, url, ip, caller, log } = request;
  const { statusCode: status, elapsedTime } = reply;
  const line = { method, url, status, ms: Math.round(elapsedTime), by: caller, ip };
  const isLook = method === 'GET' || method === 'HEAD';
  if (isLook && status < 400) log.debug(line, 'answered');
  else log.info(line, 'answered');
}
