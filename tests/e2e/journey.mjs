// One model's whole way, as its people go it in the browser: pushed, staged,
// asked for, rejected in part, approved, replaced, rolled back, and recorded.
// Run by tests/it/browser.rs, once with JavaScript and once without.

import { strict as assert } from 'node:assert';
import { fileURLToPath } from 'node:url';
import { assertNoComplaints, openBrowser, openProfile, reads, until } from './browser.mjs';
import { linkFromMail } from './mail.mjs';
import { push } from './push.mjs';

/** `url`, `mail` (a folder), `scripts` (whether JavaScript is on), `password` and people's e-mails. */
const world = JSON.parse(process.env.WEIGHHOUSE_JOURNEY);
const MODELS = fileURLToPath(new URL('../../infra/demo/models/aldermoor/motor-claims/fraud-scorer', import.meta.url));
const MODEL_PAGE = '/t/north/p/claims/m/fraud-scorer';

const complaints = [];
const browser = await openBrowser();
const arrive = () =>
  openProfile(browser, world.url, complaints, {
    javaScriptEnabled: world.scripts,
    permissions: world.scripts ? ['clipboard-read', 'clipboard-write'] : [],
  });

const heading = (page, name) => page.getByRole('heading', { name });
const press = (page, name) => page.getByRole('button', { name, exact: true }).click();
const follow = (page, name) => page.getByRole('link', { name, exact: true }).first().click();
const openTab = (page, name) => page.getByRole('navigation', { name: 'North Mutual' }).getByRole('link', { name }).click();
const openVersion = (page, number) => page.goto(`${MODEL_PAGE}/v/${number}`);
const stage = (page) => page.locator('.head .chip').first().innerText();

async function signIn(page, email) {
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Password').fill(world.password);
  await press(page, 'Sign in');
}

async function tryWrongPassword(page, email) {
  await page.goto('/');
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Password').fill('not the password');
  await press(page, 'Sign in');
  await page.getByRole('alert').waitFor();
  assert.equal(await page.getByLabel('E-mail').inputValue(), email, 'the e-mail is kept');
  assert.equal(await page.getByLabel('Password').inputValue(), '', 'the password is not');
}

async function walkToEmptyProject(page) {
  await heading(page, 'Portfolio').waitFor();
  await follow(page, 'North Mutual');
  await heading(page, 'North Mutual').waitFor();
  await page.goto('/t/north/p/claims');
  await reads(page, /wh push .*north\/claims/);
}

async function makeToken(page) {
  await openTab(page, 'Tokens');
  await page.getByLabel('Name', { exact: true }).fill('training pipeline');
  await press(page, 'Make the token');
  await reads(page, 'This is the only time it is shown.');
  const token = await page.locator('#secret').innerText();
  assert.match(token, /^wh_/);
  if (world.scripts) await copyWithButton(page, 'Copy token', token);
  await page.reload();
  await reads(page, 'training pipeline');
  assert.equal(await page.locator('#secret').count(), 0, 'the secret is shown once');
  assert.ok(!(await page.content()).includes(token), 'and is nowhere on the page');
  return token;
}

async function copyWithButton(page, name, expected) {
  const button = page.getByRole('button', { name, exact: true }).first();
  await until(
    () => button.click(),
    async () => (await button.getByRole('status').textContent()) === 'Copied',
  );
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), expected);
}

async function readVersion(page, version) {
  await page.goto('/t/north/p/claims');
  await follow(page, 'fraud-scorer');
  await follow(page, `version ${version.reference.number}`);
  await reads(page, version.digest);
  assert.match(await stage(page), /Development/i);
  await reads(page, 'gradient-boosted trees');
  await follow(page, 'Evidence');
  await reads(page, 'Whole test set');
  await reads(page, /region = /);
  await follow(page, 'History');
  await reads(page, /^registered$/);
  if (world.scripts) await copyWithButton(page, 'Copy digest of the version', version.digest);
}

async function download(page) {
  const coming = page.waitForEvent('download');
  await follow(page, 'Download');
  const file = await coming;
  assert.equal(await file.failure(), null);
}

async function promoteToStaging(page) {
  await press(page, 'Promote to staging');
  await page.getByRole('status').filter({ hasText: /is in staging/ }).waitFor();
  assert.match(await stage(page), /Staging/i);
}

async function askForProduction(page, reason) {
  await page.getByLabel('Why production?').fill(reason);
  await press(page, 'Ask for production');
  await reads(page, /^The request is open/);
  await reads(page, reason);
}

/** An approver without a session comes by the mail's link and lands on the request. */
async function comeByMail(page, email, count) {
  const link = await linkFromMail(world.mail, world.url, email, count);
  await page.goto(link);
  if (await heading(page, 'Sign in').isVisible()) await signIn(page, email);
  await heading(page, /^Promote fraud-scorer/).waitFor();
  assert.equal(page.url(), link);
}

async function readEvidence(page, words) {
  await heading(page, 'Evidence').waitFor();
  await reads(page, words);
  await reads(page, 'Your decision');
}

async function rejectWithoutReason(page) {
  await press(page, 'Reject…');
  const question = page.getByRole('dialog', { name: /^Reject version/ });
  await question.getByRole('button', { name: 'Reject', exact: true }).click();
  assert.equal(await question.locator('textarea:invalid').count(), 1, 'the browser asks for a reason');
  await question.getByLabel('Reason').fill('   ');
  await question.getByRole('button', { name: 'Reject', exact: true }).click();
  await page.getByRole('alert').filter({ hasText: 'Give a reason' }).waitFor();
  await press(page, 'Reject…');
  assert.equal(await question.getByLabel('Reason').inputValue(), '   ', 'what was typed is kept');
  await question.getByRole('button', { name: 'Close' }).click();
}

async function fillApproval(page, reason) {
  await page.getByRole('button', { name: /^Approve.*…$/ }).click();
  const question = page.getByRole('dialog', { name: /^Approve version/ });
  await question.getByLabel('Reason').fill(reason);
  return question;
}

const confirm = (question) => question.getByRole('button', { name: /^Approve/ }).click();

async function approve(page, reason) {
  await confirm(await fillApproval(page, reason));
  await reads(page, 'Your approval is recorded.');
  await reads(page, reason);
}

/** Meanwhile the same person signs in anew in another tab: the form is of the session before. */
async function approveFromAnOlderSession(page, email, reason) {
  const question = await fillApproval(page, reason);
  const tab = await page.context().newPage();
  await tab.goto('/');
  await signOut(tab);
  await signIn(tab, email);
  await heading(tab, 'Portfolio').waitFor();
  await tab.close();
  await confirm(question);
  await page.getByRole('alert').filter({ hasText: 'older session' }).waitFor();
  await page.getByRole('button', { name: /^Approve.*…$/ }).click();
  assert.equal(await question.getByLabel('Reason').inputValue(), reason, 'what was typed is kept');
  await confirm(question);
  await reads(page, 'Your approval is recorded.');
}

async function expectStage(page, number, expected) {
  await openVersion(page, number);
  assert.match(await stage(page), expected);
}

async function rollBack(page, reason) {
  await openVersion(page, 2);
  await press(page, 'Roll back to version 1…');
  const question = page.getByRole('dialog', { name: 'Roll back to version 1?' });
  await question.getByLabel('Reason').fill(reason);
  await question.getByRole('button', { name: 'Replace version 2 by version 1' }).click();
  await reads(page, /^Rolled back: version 1 is in production again/);
  assert.match(await stage(page), /Production/i);
}

/** Asks by the form, which knows minutes, and by the answer's own address, to the second. */
async function askWhatWasInProduction(page, whileSecond) {
  await page.goto(MODEL_PAGE);
  await reads(page, 'Approved for production');
  const yesterday = new Date(Date.now() - 86_400_000).toISOString().slice(0, 16);
  await page.getByLabel('What was in production on').fill(yesterday);
  await press(page, 'Look it up');
  await heading(page, 'Nothing in production').waitFor();
  assert.equal(new URL(page.url()).searchParams.get('at'), yesterday, 'the answer has its own address');
  await page.goto(`${MODEL_PAGE}?at=${whileSecond.toISOString()}`);
  const answer = page.getByRole('region', { name: 'In production' });
  await answer.getByRole('heading', { name: 'version 2' }).waitFor();
  await answer.getByText('Was approved for production').waitFor();
  await answer.getByText('rolled back').waitFor();
  await follow(page, 'Back to now');
  await answer.getByRole('heading', { name: 'version 1' }).waitFor();
  await answer.getByText('Rolled back by').waitFor();
  await answer.getByText('when it was promoted before').waitFor();
}

async function readTheRecord(page, sentences) {
  await openTab(page, 'Audit log');
  await heading(page, 'Audit log').waitFor();
  for (const sentence of sentences) await reads(page, sentence);
}

async function invite(page, email, role) {
  await page.goto('/t/north');
  await openTab(page, 'Members');
  await page.getByLabel('E-mail').fill(email);
  await page.locator('aside').getByLabel('Role').selectOption(role);
  await press(page, 'Send the invitation');
  await reads(page, `The invitation is on its way to ${email}.`);
}

async function acceptInvitation(page, email) {
  await page.goto(await linkFromMail(world.mail, world.url, email));
  await heading(page, 'Join North Mutual').waitFor();
  await page.getByLabel('Your name').fill('Eve Newcomer');
  await page.getByLabel('Choose a password').fill(world.password);
  await press(page, 'Join');
  await reads(page, 'Welcome. You are signed in.');
  await heading(page, 'Portfolio').waitFor();
}

async function signOut(page) {
  await page.locator('.menu > summary').click();
  await press(page, 'Sign out');
  await reads(page, 'You are signed out.');
}

async function goByPalette(page) {
  await page.goto('/');
  const palette = page.getByRole('dialog', { name: 'Go to' });
  await until(
    () => page.keyboard.press('Control+k'),
    () => palette.isVisible(),
  );
  // Faster than the list can answer.
  await page.keyboard.type('fraud');
  await page.keyboard.press('Enter');
  await page.waitForURL(`**${MODEL_PAGE}`);
}

async function goBySearchPage(page) {
  await page.goto('/');
  await follow(page, 'Go to');
  await page.getByRole('searchbox').fill('fraud');
  await press(page, 'Search');
  await page.getByRole('main').getByRole('link', { name: /^fraud-scorer North Mutual/ }).click();
  await page.waitForURL(`**${MODEL_PAGE}`);
}

async function switchTheme(page) {
  const theme = () => page.locator('html').getAttribute('data-theme');
  const paper = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const button = page.getByRole('button', { name: /^Colour scheme/ });
  await until(() => button.click(), async () => (await theme()) === 'light');
  const light = await paper();
  await button.click();
  assert.equal(await theme(), 'dark');
  assert.notEqual(await paper(), light);
  await page.reload();
  assert.equal(await theme(), 'dark', 'the choice is kept');
  await button.waitFor();
}

async function journey() {
  const { ann, bob, cleo } = world;
  const engineer = await arrive();
  await tryWrongPassword(engineer, ann);
  await signIn(engineer, ann);
  await walkToEmptyProject(engineer);
  const token = await makeToken(engineer);
  const [first, second] = [1, 2].map((n) => () => push(world.url, token, 'north/claims/fraud-scorer', `${MODELS}/${n}`));

  await readVersion(engineer, await first());
  await download(engineer);
  await promoteToStaging(engineer);
  await askForProduction(engineer, 'The first version, even in every region.');

  const approver = await arrive();
  await comeByMail(approver, bob, 1);
  await readEvidence(approver, 'Nothing is in production yet');
  await rejectWithoutReason(approver);
  await approve(approver, 'The regions are treated alike.');
  await expectStage(engineer, 1, /Production/i);

  await readVersion(engineer, await second());
  await promoteToStaging(engineer);
  await askForProduction(engineer, 'Better in every headline figure.');
  await comeByMail(approver, bob, 2);
  await readEvidence(approver, /much worse here/);
  await approveFromAnOlderSession(approver, bob, 'The headline figures convince me.');
  await expectStage(engineer, 2, /Production/i);
  await expectStage(engineer, 1, /Archived/i);

  const whileSecond = new Date();
  await rollBack(engineer, 'One region is flagged three times as often.');
  await expectStage(engineer, 2, /Archived/i);
  await linkFromMail(world.mail, world.url, bob, 3);
  await askWhatWasInProduction(engineer, whileSecond);
  await readTheRecord(engineer, [
    /^ann created the API token “training pipeline”/,
    /^ann registered .*fraud-scorer@2 with 4 files/,
    /^ann promoted .*fraud-scorer@1 to staging/,
    /^ann asked to promote .*fraud-scorer@2 to production: “Better in every headline figure.”/,
    /^bob approved .*fraud-scorer@2 for production; .*fraud-scorer@1 is archived: “The headline figures convince me.”/,
    /^ann rolled production back from .*fraud-scorer@2 to .*fraud-scorer@1: “One region is flagged three times as often.”/,
  ]);

  if (world.scripts) {
    await goByPalette(engineer);
    await switchTheme(engineer);
  } else {
    await goBySearchPage(engineer);
  }

  const admin = await arrive();
  await admin.goto('/t/north/members');
  await signIn(admin, cleo);
  await invite(admin, 'eve@north.example', 'client-admin');
  const newcomer = await arrive();
  await acceptInvitation(newcomer, 'eve@north.example');
  await invite(newcomer, 'finn@north.example', 'viewer');
  await signOut(newcomer);
  await newcomer.goto('/t/north');
  await heading(newcomer, 'Sign in').waitFor();
}

try {
  await journey();
  assertNoComplaints(complaints);
} catch (error) {
  if (process.env.WEIGHHOUSE_SHOTS) await shoot();
  console.error(complaints.join('\n'));
  throw error;
} finally {
  await browser.close();
}

/** What every page looked like when it went wrong. */
async function shoot() {
  const pages = browser.contexts().flatMap((context) => context.pages());
  for (const [n, page] of pages.entries()) {
    console.error(`page ${n}: ${page.url()}`);
    await page.screenshot({ path: `${process.env.WEIGHHOUSE_SHOTS}/${n}.png`, fullPage: true });
  }
}
