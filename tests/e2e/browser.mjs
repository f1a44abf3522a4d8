// A real Chromium and the people who use it. Whatever a browser complains
// about is kept, and fails the run at its end.

import { strict as assert } from 'node:assert';
import { chromium } from 'playwright-core';

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
];
const PATIENCE_MS = 20_000;

export function openBrowser() {
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: FLAGS });
}

/** Somebody with a browser profile of their own; gives its first page. */
export async function openProfile(browser, url, complaints, options = {}) {
  const context = await browser.newContext({ baseURL: url, ...options });
  context.setDefaultTimeout(PATIENCE_MS);
  context.on('page', (page) => listen(page, url, complaints, options.javaScriptEnabled ?? true));
  return context.newPage();
}

/** Notes console errors (policy violations are among them), failures, and requests that leave. */
function listen(page, url, complaints, scripts) {
  const complain = (what) => complaints.push(`${new URL(page.url(), url).pathname}: ${what}`);
  page.on('console', (message) => {
    if (message.type() === 'error') complain(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => complain(`script: ${error.message}`));
  page.on('request', (request) => {
    if (/^https?:/.test(request.url()) && !request.url().startsWith(`${url}/`)) complain(`left for ${request.url()}`);
  });
  page.on('requestfailed', (request) => {
    const why = request.failure()?.errorText;
    // Whoever goes on to another page breaks off what the last one was loading.
    const gone = why === 'net::ERR_ABORTED';
    // A browser without JavaScript refuses to load any, and calls that a policy.
    const unwanted = !scripts && why === 'csp' && request.resourceType() === 'script';
    if (!gone && !unwanted) complain(`${request.method()} ${request.url()}: ${why}`);
  });
  page.on('response', (response) => {
    if (response.status() >= 400) complain(`${response.url()} answered ${response.status()}`);
  });
}

export function assertNoComplaints(complaints) {
  assert.deepEqual(complaints, [], 'the browser complained');
}

/** Waits until a text (or pattern) can be read on the page. */
export async function reads(page, text) {
  await page.getByText(text).filter({ visible: true }).first().waitFor();
}

/** Repeats what a person does until it has an effect: islands need a moment to wake. */
export async function until(act, check) {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    await act();
    if (await holds(check, 1_000)) return;
    assert.ok(Date.now() < end, `no effect: ${act}`);
  }
}

async function holds(check, milliseconds) {
  for (const end = Date.now() + milliseconds; Date.now() < end; ) {
    if (await check()) return true;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return false;
}
