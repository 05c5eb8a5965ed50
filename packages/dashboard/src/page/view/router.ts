import { useEffect, useState } from 'preact/hooks';
import { hashOf, type Route, routeOf } from '../model/route.js';

/** Go to another page: Back leads here again. */
export function go(route: Route): void {
  location.hash = hashOf(route);
}

/** The same page, seen otherwise: no step for Back. */
export function replace(route: Route): void {
  history.replaceState(null, '', hashOf(route));
  window.dispatchEvent(new Event('hashchange'));
}

export function useRoute(): Route {
  const [route, setRoute] = useState(() => routeOf(location.hash));
  useEffect(() => {
    const update = () => setRoute(routeOf(location.hash));
    window.addEventListener('hashchange', update);
    return () => window.removeEventListener('hashchange', update);
  }, []);
  return route;
}
