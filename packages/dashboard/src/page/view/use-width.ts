import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';

/** A ref for an element, and its width in pixels as it changes. */
export function useWidth<T extends HTMLElement>() {
  const element = useRef<T>(null);
  const [width, setWidth] = useState(900);
  // At once, so that nothing is drawn for a width that is not the element's.
  useLayoutEffect(() => setWidth(Math.floor(element.current?.clientWidth ?? 900)), []);
  useEffect(() => {
    if (element.current === null) return;
    const observer = new ResizeObserver(([entry]) => setWidth(Math.floor(entry.contentRect.width)));
    observer.observe(element.current);
    return () => observer.disconnect();
  }, []);
  return { element, width };
}
