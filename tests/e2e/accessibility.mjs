// Looks at pages with axe-core: no violation of WCAG 2.2 A and AA, in light
// and dark, wide and narrow; and none scrolls sideways on a phone.
// Run by tests/it/browser.rs, which says which pages there are.

import { createRequire } from 'node:module';
import { openBrowser, reads, until } from './browser.mjs';

/** `url`, and `pages`: each a `path`, whose `cookie` (if any), and what to do `then`. */
const world = JSON.parse(process.env.WEIGHHOUSE_PAGES);
const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const WCAG = {
  runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'],
  rules: { 'target-size': { enabled: true } },
  resultTypes: ['violations'],
};
const SCHEMES = ['light', 'dark'];
const SIZES = [
  { width: 1280, height: 900 },
  { width: 360, height: 740 },
];

async function open(browser, { url = world.url, path, cookie, then }) {
  const context = await browser.newContext({ baseURL: url, reducedMotion: 'reduce' });
  await context.addInitScript({ path: AXE });
  if (cookie) await context.addCookies([{ name: 'wh_session', value: cookie, url }]);
  const page = await context.newPage();
  await page.goto(path);
  for (const [label, text] of Object.entries(then?.type ?? {})) await page.getByLabel(label, { exact: true }).fill(text);
  if (then?.press) await page.getByRole('button', { name: then.press, exact: true }).click();
  if (then?.open) await page.locator(then.open).click();
  if (then?.keys) await until(() => page.keyboard.press(then.keys), () => page.locator('dialog[open] a').first().isVisible());
  await page.waitForLoadState();
  await reads(page, 'Weighhouse');
  return page;
}

/** What is wrong with a page as it stands, a line each. */
async function faults(page) {
  const { violations } = await page.evaluate((options) => window.axe.run(options), WCAG);
  const lines = violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id} at ${target.join(' ')}: ${failureSummary.replace(/\s+/g, ' ')}`),
  );
  const [wide, room] = await page.evaluate(() => {
    const root = document.documentElement;
    return [root.scrollWidth, root.clientWidth];
  });
  return wide > room ? [...lines, `scrolls sideways: ${wide} px in ${room} px`] : lines;
}

const browser = await openBrowser();
let found = 0;
for (const spec of world.pages) {
  const page = await open(browser, spec);
  for (const colorScheme of SCHEMES) {
    for (const size of SIZES) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize(size);
      for (const fault of await faults(page)) {
        found += 1;
        console.error(`${spec.path} ${JSON.stringify(spec.then)}, ${colorScheme}, ${size.width} px: ${fault}`);
      }
    }
  }
  await page.context().close();
}
await browser.close();
process.exitCode = found === 0 ? 0 : 1;
