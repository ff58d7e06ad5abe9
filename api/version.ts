/** Version of Switchyard in --version, /healthz, the OpenAPI document and the metrics; a test holds it equal to package.json. */
export const VERSION = '0.1.0';
