import type { ComponentChildren } from 'preact';
import type { OpenRun } from '../data/open-run.js';
import { DEFAULT_VIEW, type Route } from '../model/route.js';
import { ComparePage } from './compare-page.js';
import { replace, useRoute } from './router.js';
import { RunList } from './run-list.js';
import { RunHeader, RunPage } from './run-page.js';
import { RunViewer } from './run-view.js';
import { SweepList, SweepPage } from './sweep-page.js';
import { chooseTheme, type ThemeChoice, useTheme } from './theme.js';

export function App() {
  const route = useRoute();
  return (
    <Frame
      links={
        <nav aria-label="pages">
          <a href="#/" aria-current={route.page === 'runs' ? 'page' : undefined}>
            Runs
          </a>
          <a href="#/sweeps" aria-current={route.page === 'sweeps' ? 'page' : undefined}>
            Sweeps
          </a>
        </nav>
      }
    >
      <Page route={route} />
    </Frame>
  );
}

function Page({ route }: { readonly route: Route }) {
  switch (route.page) {
    case 'runs':
      return <RunList filter={route.filter} sort={route.sort} />;
    case 'run':
      return <RunPage key={route.run} id={route.run} view={route.view} />;
    case 'compare':
      return <ComparePage key={route.runs.join('\n')} ids={route.runs} view={route.view} />;
    case 'sweeps':
      return <SweepList />;
    case 'sweep':
      return <SweepPage key={route.sweep} route={route} />;
  }
}

/** The page of a file: one run, no server. */
export function EmbeddedApp({ opened }: { readonly opened: OpenRun }) {
  const route = useRoute();
  const view = route.page === 'run' ? route.view : DEFAULT_VIEW;
  return (
    <Frame links={null}>
      <RunHeader opened={opened} />
      <RunViewer run={opened.run} view={view} onView={(next) => replace({ page: 'run', run: opened.run.name, view: next })} />
    </Frame>
  );
}

function Frame({ links, children }: { readonly links: ComponentChildren; readonly children: ComponentChildren }) {
  const { choice } = useTheme();
  return (
    <>
      <div class="top">
        <strong>damonlab</strong>
        {links}
        <label class="theme">
          theme{' '}
          <select value={choice} onChange={(event) => chooseTheme(event.currentTarget.value as ThemeChoice)}>
            <option>auto</option>
            <option>light</option>
            <option>dark</option>
          </select>
        </label>
      </div>
      <main>{children}</main>
    </>
  );
}
