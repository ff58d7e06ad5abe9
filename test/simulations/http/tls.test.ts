import { X509Certificate } from 'node:crypto';
import { request } from 'node:https';
import { describe, expect, it } from 'vitest';
import { selfSignedCertificate } from '../../../simulations/http/self-signed.ts';
import { serveWorld } from '../../../simulations/http/serve-world.ts';
import { recordedWorld } from './recorded-fleet.ts';
import { recordedUsers } from './recorded-users.ts';

function statusOf(url: string, ca: string | undefined): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: 'Bearer token-of-drainer' };
    const sent = request(url, { headers, ...(ca === undefined ? {} : { ca }) }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    });
    sent.on('error', reject);
    sent.end();
  });
}

describe('the Kubernetes API over TLS', () => {
  it('is trusted by a client that has the kubeconfig, and by no other', async () => {
    const served = await serveWorld(recordedWorld(), { speed: 0, tls: true, users: recordedUsers });
    try {
      const encoded = /certificate-authority-data: (\S+)/.exec(served.kubeconfig())?.[1] ?? '';
      const ca = Buffer.from(encoded, 'base64').toString('utf8');
      expect(served.kubernetesUrl).toMatch(/^https:/);
      expect(await statusOf(`${served.kubernetesUrl}/api/v1/nodes`, ca)).toBe(200);
      expect(await statusOf(`${served.kubernetesUrl}/api/v1/events`, ca)).toBe(403);
      await expect(statusOf(`${served.kubernetesUrl}/api/v1/nodes`, undefined)).rejects.toThrow(
        /self-signed/,
      );
      expect(served.patroniUrl).toMatch(/^http:/);
    } finally {
      await served.close();
    }
  });
});

describe('a kubeconfig without users', () => {
  it('names some token over TLS, or kubectl would ask at the terminal for a password', async () => {
    const served = await serveWorld(recordedWorld(), { speed: 0, tls: true });
    try {
      expect(served.kubeconfig()).toContain('user: { token: "anybody" }');
    } finally {
      await served.close();
    }
  });
});

describe('a certificate that signs itself', () => {
  const nowMs = Date.UTC(2026, 10, 22, 12);
  const { certificate } = selfSignedCertificate(nowMs);
  const read = new X509Certificate(certificate);

  it('is one in every reader’s eyes: its own issuer, an authority, for the names of loopback', () => {
    expect(read.verify(read.publicKey)).toBe(true);
    expect(read.checkIssued(read)).toBe(true);
    expect(read.ca).toBe(true);
    expect(read.checkHost('localhost')).toBe('localhost');
    expect(read.checkIP('127.0.0.1')).toBe('127.0.0.1');
    expect(read.checkIP('::1')).toBe('::1');
    expect(read.checkHost('example.com')).toBeUndefined();
  });

  it('is good from a day before for a year, and never the same twice', () => {
    expect(read.validFrom).toBe('Nov 21 12:00:00 2026 GMT');
    expect(read.validTo).toBe('Nov 22 12:00:00 2027 GMT');
    expect(selfSignedCertificate(nowMs).certificate).not.toBe(certificate);
  });
});
