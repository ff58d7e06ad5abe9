import { describe, expect, it } from 'vitest';
import { withJsonBody } from '../../../simulations/http/protobuf-body.ts';
import { serveWorld } from '../../../simulations/http/serve-world.ts';
import { recordedWorld } from './recorded-fleet.ts';

/** As kubectl 1.32 sent them. */
const sent = {
  configMap: 'azhzAAoPCgJ2MRIJQ29uZmlnTWFwEhsKEQoBeRIAGgAiACoAMgA4AEIAEgYKAWESAWIaACIA',
  budgetByNumber:
    'azhzAAogCglwb2xpY3kvdjESE1BvZERpc3J1cHRpb25CdWRnZXQSNQoRCgFwEgAaACIAKgAyADgAQgASFAoGCAAQARoAEgoKCAoDYXBwEgF4GgoIABgAIAAoADAAGgAiAA==',
  budgetByShare:
    'azhzAAogCglwb2xpY3kvdjESE1BvZERpc3J1cHRpb25CdWRnZXQSOAoRCgFxEgAaACIAKgAyADgAQgASFxIKCggKA2FwcBIBeBoJCAEQABoDNTAlGgoIABgAIAAoADAAGgAiAA==',
  accessReview:
    'azhzAAoyChdhdXRob3JpemF0aW9uLms4cy5pby92MRIXU2VsZlN1YmplY3RBY2Nlc3NSZXZpZXcSQwoQCgASABoAIgAqADIAOABCABIlCiMKA3JlYxIGY3JlYXRlGgAiACoEcG9kczIIZXZpY3Rpb246ABoICAASABoAIAAaACIA',
  deployment:
    'azhzAAoVCgdhcHBzL3YxEgpEZXBsb3ltZW50EqcBChsKAWQSABoAIgAqADIAOABCAFoICgNhcHASAWQSeggBEgoKCAoDYXBwEgFkGmIKGgoAEgAaACIAKgAyADgAQgBaCAoDYXBwEgFkEkQSJgoBeBIBeCoAMgoKABAAGFAiACoAQgBqAHIAgAEAiAEAkAEAogEAGgAyAEIASgBSAFgAYABoAIIBAIoBAJoBAMIBACICCgAoADgAGgwIABAAGAAgACgAOAAaACIA',
};

const type = 'application/vnd.kubernetes.protobuf';

function read(body: Buffer): unknown {
  const request = withJsonBody({
    method: 'POST',
    path: '/',
    query: new URLSearchParams(),
    headers: { 'content-type': type },
    body: body.toString('latin1'),
  });
  return request === undefined ? undefined : JSON.parse(request.body);
}

const bytes = (name: keyof typeof sent) => Buffer.from(sent[name], 'base64');

describe('a protobuf body', () => {
  it('is read into the object that it stands for', () => {
    expect(read(bytes('configMap'))).toEqual({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'y' },
      data: { a: 'b' },
    });
    expect(read(bytes('accessReview'))).toMatchObject({
      kind: 'SelfSubjectAccessReview',
      spec: {
        resourceAttributes: { namespace: 'rec', verb: 'create', resource: 'pods', subresource: 'eviction' },
      },
    });
  });

  it('may hold numbers, shares and lists within lists', () => {
    const selector = { matchLabels: { app: 'x' } };
    expect(read(bytes('budgetByNumber'))).toMatchObject({ spec: { minAvailable: 1, selector } });
    expect(read(bytes('budgetByShare'))).toMatchObject({ spec: { maxUnavailable: '50%', selector } });
    expect(read(bytes('deployment'))).toMatchObject({
      apiVersion: 'apps/v1',
      spec: {
        replicas: 1,
        template: { spec: { containers: [{ name: 'x', image: 'x', ports: [{ containerPort: 80 }] }] } },
      },
    });
  });

  it('that is cut off, of another form or of an unknown kind is not read', () => {
    const whole = bytes('deployment');
    expect(read(whole.subarray(0, whole.length - 40))).toBeUndefined();
    expect(read(Buffer.from('{}'))).toBeUndefined();
    expect(
      read(Buffer.from(bytes('configMap').toString('latin1').replace('ConfigMap', 'ConfigMop'), 'latin1')),
    ).toBe(undefined);
  });

  it('is taken by the server like JSON, whatever its bytes are, and one that cannot be read is refused', async () => {
    const served = await serveWorld(recordedWorld(), { speed: 0 });
    const post = (body: Buffer) =>
      fetch(`${served.kubernetesUrl}/api/v1/namespaces/rec/configmaps`, {
        method: 'POST',
        headers: { 'content-type': type },
        body: new Uint8Array(body),
      });
    try {
      // The value as UTF-8: two bytes, in a field that is one byte longer with all that is around it.
      const umlaut = Buffer.from(
        bytes('configMap')
          .toString('latin1')
          .replace('\x12\x1b', '\x12\x1c')
          .replace('\x12\x06\n\x01a\x12\x01b', '\x12\x07\n\x01a\x12\x02\xc3\xbc'),
        'latin1',
      );
      expect(await (await post(umlaut)).json()).toMatchObject({ data: { a: 'ü' } });
      expect((await post(Buffer.from('no'))).status).toBe(400);
    } finally {
      await served.close();
    }
  });
});
