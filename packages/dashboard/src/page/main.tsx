import { render } from 'preact';
import { sendToken } from './data/client.js';
import { openEmbeddedRun } from './data/open-run.js';
import { App, EmbeddedApp } from './view/app.js';
import { Failed } from './view/states.js';
import { restoreTheme } from './view/theme.js';
import './style.css';

restoreTheme();
const page = document.getElementById('page') as HTMLElement;
try {
  const embedded = await openEmbeddedRun();
  if (embedded !== null) {
    render(<EmbeddedApp opened={embedded} />, page);
  } else {
    await takeToken();
    render(<App />, page);
  }
} catch (error) {
  render(<Failed error={error} />, page);
}

/** The URL that the server printed carries its token once; it must not stay there, where it is copied along with a view. */
async function takeToken(): Promise<void> {
  const token = new URLSearchParams(location.search).get('token');
  if (token === null) return;
  history.replaceState(null, '', location.pathname + location.hash);
  // A wrong one shows at the first answer that needs it.
  await sendToken(token).catch(() => undefined);
}
