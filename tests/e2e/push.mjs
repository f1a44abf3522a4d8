// Pushes a version with an API token over plain HTTP, as a script would that
// has nothing but fetch.

import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Sends a folder and its context file and registers them.
 * `model` is `tenant/project/model`; gives the version as answered.
 */
export async function push(url, token, model, folder) {
  const [tenant, project, name] = model.split('/');
  const client = `${url}/api/v1/tenants/${tenant}`;
  const files = [];
  for (const path of readdirSync(folder).sort()) {
    files.push(await putFile(client, token, path, readFileSync(join(folder, path))));
  }
  const context = { ...JSON.parse(readFileSync(`${folder}.context.json`, 'utf8')), artifact: { files } };
  // The pipeline's own versions are registered by the demonstration alone.
  delete context.features?.pipeline;
  const body = JSON.stringify({ context, create_model: true });
  const headers = { 'content-type': 'application/json' };
  const versions = `${client}/projects/${project}/models/${name}/versions`;
  const answer = await send('POST', versions, token, headers, body, 201);
  return answer.json();
}

/** The files are smaller than a part (8 MiB), so that part 1 is all of it. */
async function putFile(client, token, path, bytes) {
  const hash = createHash('sha256').update(bytes);
  const digest = hash.copy().digest('base64');
  const sha256 = hash.digest('hex');
  const headers = { 'content-digest': `sha-256=:${digest}:` };
  await send('PUT', `${client}/blobs/${sha256}/parts/1`, token, headers, bytes, 204);
  return { path, size: bytes.length, sha256 };
}

async function send(method, address, token, headers, body, expected) {
  const answer = await fetch(address, { method, headers: { ...headers, authorization: `Bearer ${token}` }, body });
  if (answer.status !== expected) throw new Error(`${method} ${address}: ${answer.status} ${await answer.text()}`);
  return answer;
}
