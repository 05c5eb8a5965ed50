import v8 from 'node:v8';

let haveSameMap: ((a: object, b: object) => boolean) | undefined;

/** Whether V8 keeps both objects in the same hidden class: code that was compiled for one of them is good for the other. */
export function sameShape(a: object, b: object): boolean {
  haveSameMap ??= natively();
  return haveSameMap(a, b);
}

/** V8's own test functions can be called only from code that is parsed while the flag is set. */
function natively(): (a: object, b: object) => boolean {
  v8.setFlagsFromString('--allow-natives-syntax');
  try {
    return new Function('a', 'b', 'return %HaveSameMap(a, b)') as (a: object, b: object) => boolean;
  } finally {
    v8.setFlagsFromString('--no-allow-natives-syntax');
  }
}
