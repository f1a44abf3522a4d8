// A login looked after by its owner in the browser: a forgotten password, another one, sessions that end, another
// address and the way back; and a colleague who is invited to the agency. Run by tests/it/browser.rs, once with
// JavaScript and once without.

import { strict as assert } from 'node:assert';
import { assertNoComplaints, openBrowser, openProfile, reads } from './browser.mjs';
import { linkFromMail } from './mail.mjs';

/** `url`, `mail` (a folder), `scripts` (whether JavaScript is on), `password`, and the address of `olga`, an owner. */
const world = JSON.parse(process.env.WEIGHHOUSE_ACCOUNT);
const SECOND = 'seven green bottles standing';
const THIRD = 'eight brown kettles boiling';
const HOME = 'olga@home.example';

const complaints = [];
const browser = await openBrowser();
const arrive = () => openProfile(browser, world.url, complaints, { javaScriptEnabled: world.scripts });
const press = (page, name) => page.getByRole('button', { name, exact: true }).first().click();
const heading = (page, name) => page.getByRole('heading', { name }).first().waitFor();
const mailed = (to, count) => linkFromMail(world.mail, world.url, to, count);

async function signIn(page, email, password) {
  await page.goto('/sign-in');
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Password').fill(password);
  await press(page, 'Sign in');
}

async function openAccount(page) {
  await page.locator('.menu > summary').click();
  await page.getByRole('link', { name: 'Your account' }).click();
  await heading(page, 'Your account');
}

async function forgetAndReset(page) {
  await page.goto('/sign-in');
  await page.getByRole('link', { name: 'Forgot your password?' }).click();
  await page.getByLabel('E-mail').fill(world.olga);
  await press(page, 'Mail the link');
  await reads(page, /If .* has a login here/);
  await page.goto(await mailed(world.olga, 1));
  await page.getByLabel('New password').fill('password1234');
  await press(page, 'Set the password');
  await reads(page, /known from a breach/);
  await page.getByLabel('New password').fill(SECOND);
  await press(page, 'Set the password');
  await reads(page, 'The new password is set. Sign in with it.');
}

async function endOtherSessions(page, phone) {
  await openAccount(page);
  assert.equal(await page.locator('#sessions tbody tr').count(), 2);
  await reads(page, 'This one');
  await press(page, 'Sign out everywhere else');
  await reads(page, 'One other session has ended.');
  await phone.goto('/');
  await heading(phone, 'Sign in');
}

async function changePassword(page) {
  const form = page.locator('#password');
  await form.getByLabel('Present password').fill('not the password');
  await form.getByLabel('New password').fill(THIRD);
  await press(page, 'Change the password');
  await reads(page, /not your present password/);
  await form.getByLabel('Present password').fill(SECOND);
  await form.getByLabel('New password').fill(THIRD);
  await press(page, 'Change the password');
  await reads(page, /You are signed out everywhere else/);
}

async function changeAddressAndBack(page) {
  const form = page.locator('#email');
  await form.getByLabel('New address').fill(HOME);
  await form.getByLabel('Your password').fill(THIRD);
  await press(page, 'Change the address');
  await reads(page, /A link is on its way to olga@home.example/);
  await page.goto(await mailed(HOME, 1));
  await press(page, 'Confirm the address');
  await openAccount(page);
  await reads(page, HOME);
  // Two mails about the password came before: the link, and that it changed, twice.
  await page.goto(await mailed(world.olga, 4));
  await press(page, 'Take it back');
  await reads(page, /The login has its old address back/);
  await heading(page, 'Sign in');
  await page.goto(await mailed(world.olga, 5));
  await page.getByLabel('New password').fill(SECOND);
  await press(page, 'Set the password');
  await signIn(page, world.olga, SECOND);
  await heading(page, 'Portfolio');
}

async function inviteColleague(page) {
  await page.locator('.menu > summary').click();
  await page.getByRole('link', { name: 'Staff of Acme AI' }).click();
  await heading(page, 'Staff of Acme AI');
  await page.getByLabel('E-mail').fill('eve@acme.example');
  await page.getByLabel('Role', { exact: true }).selectOption('auditor');
  await press(page, 'Send the invitation');
  await reads(page, 'The invitation is on its way to eve@acme.example.');
  const eve = await arrive();
  await eve.goto(await mailed('eve@acme.example', 1));
  await reads(eve, 'Join Acme AI');
  await eve.getByLabel('Your name').fill('Eve');
  await eve.getByLabel('Choose a password').fill(world.password);
  await press(eve, 'Join');
  await heading(eve, 'Portfolio');
  await page.reload();
  await page.getByLabel('Role of Eve').selectOption('engineer');
  await press(page, 'Change');
  await reads(page, 'The role is changed.');
  await page.getByRole('button', { name: 'Remove Eve' }).click();
  await reads(page, /no longer reaches/);
  await eve.goto('/');
  await heading(eve, 'Sign in');
}

const [page, phone] = [await arrive(), await arrive()];
await forgetAndReset(page);
await signIn(phone, world.olga, SECOND);
await heading(phone, 'Portfolio');
await signIn(page, world.olga, SECOND);
await heading(page, 'Portfolio');
await endOtherSessions(page, phone);
await changePassword(page);
await changeAddressAndBack(page);
await inviteColleague(page);
await browser.close();
assertNoComplaints(complaints);
