// Takes the README's pictures: starts the demonstration in a folder of its
// own, signs its people in, and writes PNG files.
//
//     cargo build -p weighhouse-server && node tests/e2e/pictures.mjs [FOLDER]

import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openBrowser } from './browser.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const FOLDER = process.argv[2] ?? join(ROOT, 'infra/pictures');
const DESK = { width: 1280, height: 860 };
const PHONE = { width: 360, height: 780 };
const RETURNS = '/t/lindgrove/p/online-store/m/returns-propensity';

/** A port that is free now. */
function freePort() {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

/** Starts the demonstration; gives its address, and passwords by e-mail once they are printed. */
async function startDemonstration(data) {
  const listen = `127.0.0.1:${await freePort()}`;
  const program = join(ROOT, 'target/debug/weighhouse');
  const server = spawn(program, ['up', '--demo', '--data', data, '--listen', listen], {
    env: { ...process.env, WEIGHHOUSE_LOG: 'warn' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const passwords = new Map();
  let said = '';
  await new Promise((resolve, reject) => {
    server.once('exit', () => reject(new Error(`the server ended: ${said}`)));
    server.stdout.on('data', (text) => {
      said += text;
      for (const [, email, password] of said.matchAll(/^ +(\S+@\S+) +(\S+) +[\w-]+ of \w+\n/gm)) {
        passwords.set(email, password);
      }
      if (said.includes('sofia.lindahl') && said.endsWith('\n\n')) resolve();
    });
  });
  return { server, url: `http://${listen}`, passwords };
}

/** A page of somebody who has signed in. */
async function signedIn(browser, { url, passwords }, email, viewport) {
  const context = await browser.newContext({ baseURL: url, viewport, deviceScaleFactor: 1, colorScheme: 'light' });
  const page = await context.newPage();
  await page.goto('/sign-in');
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Password').fill(passwords.get(email));
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('heading', { name: 'Portfolio' }).waitFor();
  return page;
}

async function picture(page, name, path) {
  await page.goto(path);
  await page.evaluate(() => document.fonts.ready);
  await page.waitForLoadState('networkidle');
  await page.screenshot({ path: join(FOLDER, `${name}.png`) });
  console.log(`${name}: ${path}`);
}

/** A moment in which version 2 was in production, before it was rolled back. */
async function beforeTheRollback(page) {
  const answer = await page.request.get(`/api/v1${RETURNS.replace('/t/', '/tenants/').replace('/p/', '/projects/').replace('/m/', '/models/')}/production/history`);
  const { from, until } = (await answer.json()).find((period) => period.number === 2);
  return new Date((Date.parse(from) + Date.parse(until)) / 2).toISOString();
}

/** The request for version 2 of the fraud model, which waits for its approver. */
async function openRequest(page) {
  const link = page.getByRole('link', { name: /fraud-scorer@2 to production/ });
  return link.getAttribute('href');
}

async function takePictures(browser, demonstration) {
  const owner = await signedIn(browser, demonstration, 'ingrid.solheim@plumbline.example', DESK);
  await picture(owner, 'portfolio', '/');
  await picture(owner, 'audit-log', '/t/lindgrove/audit');
  const engineer = await signedIn(browser, demonstration, 'jonas.brandt@plumbline.example', DESK);
  await picture(engineer, 'version', '/t/aldermoor/p/motor-claims/m/fraud-scorer/v/1');
  await picture(engineer, 'as-of', `${RETURNS}?at=${await beforeTheRollback(engineer)}`);
  for (const [name, viewport] of [['promotion-request', DESK], ['promotion-request-phone', PHONE]]) {
    const approver = await signedIn(browser, demonstration, 'helen.marsh@aldermoor.example', viewport);
    await picture(approver, name, await openRequest(approver));
  }
}

const data = mkdtempSync(join(tmpdir(), 'weighhouse-pictures-'));
// Postgres runs as a user of its own, who must get through.
chmodSync(data, 0o755);
const demonstration = await startDemonstration(data);
const browser = await openBrowser();
try {
  await takePictures(browser, demonstration);
} finally {
  await browser.close();
  demonstration.server.removeAllListeners('exit');
  demonstration.server.kill('SIGTERM');
  await new Promise((resolve) => demonstration.server.once('exit', resolve));
  rmSync(data, { recursive: true });
}
