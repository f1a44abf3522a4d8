// The mails that the server wrote into its folder.

import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const PATIENCE_MS = 20_000;

/** Waits for the newest of `count` mails to somebody; gives its link to the installation. */
export async function linkFromMail(folder, url, recipient, count = 1) {
  for (const end = Date.now() + PATIENCE_MS; Date.now() < end; ) {
    const mails = mailsTo(folder, recipient);
    if (mails.length >= count) return linkIn(mails[count - 1], url);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${count} mails to ${recipient} did not come`);
}

/** Names are time-ordered ids. The first mail makes the folder. */
function mailsTo(folder, recipient) {
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder).filter((name) => name.endsWith('.eml')).sort();
  const mails = names.map((name) => readFileSync(join(folder, name), 'utf8'));
  return mails.filter((mail) => mail.includes(`To: ${recipient}`));
}

/** The first link in the plain part, undone of quoted-printable. */
function linkIn(mail, url) {
  const text = mail.replaceAll('=\r\n', '').replaceAll('=3D', '=');
  const start = text.indexOf(url);
  if (start < 0) throw new Error(`no link to ${url} in ${text}`);
  return text.slice(start).split(/\s/, 1)[0];
}
