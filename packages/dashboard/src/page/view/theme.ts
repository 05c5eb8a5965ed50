import { useEffect, useState } from 'preact/hooks';
import type { Theme } from '../model/pictures.js';

const KEY = 'damonlab-theme';
const dark = matchMedia('(prefers-color-scheme: dark)');

export type ThemeChoice = Theme | 'auto';

function chosen(): ThemeChoice {
  const { theme } = document.documentElement.dataset;
  return theme === 'light' || theme === 'dark' ? theme : 'auto';
}

/** Set it for this page and the next ones; where a page may keep nothing (a file), for this page. */
export function chooseTheme(choice: ThemeChoice): void {
  if (choice === 'auto') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = choice;
  try {
    localStorage.setItem(KEY, choice);
  } catch {
    // It holds for this page then.
  }
  window.dispatchEvent(new Event('theme'));
}

/** Take up what was chosen before. */
export function restoreTheme(): void {
  try {
    const before = localStorage.getItem(KEY);
    if (before === 'light' || before === 'dark') document.documentElement.dataset.theme = before;
  } catch {
    // Nothing was kept.
  }
}

/** The theme in force and the one that was chosen; changes with the system's. */
export function useTheme(): { readonly theme: Theme; readonly choice: ThemeChoice } {
  const now = () => {
    const choice = chosen();
    return { choice, theme: choice === 'auto' ? (dark.matches ? ('dark' as const) : ('light' as const)) : choice };
  };
  const [theme, setTheme] = useState(now);
  useEffect(() => {
    const update = () => setTheme(now());
    dark.addEventListener('change', update);
    window.addEventListener('theme', update);
    return () => {
      dark.removeEventListener('change', update);
      window.removeEventListener('theme', update);
    };
  }, []);
  return theme;
}
